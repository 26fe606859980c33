"""The five files together: slow hubs, two kernels, interrupted processes, progress, caches without links."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import filelock
import pytest
from patience import PATIENCE_S

from tests.reference.hub_cache import FILES, fresh_python
from tests.reference.loopback_hub import REVISION, etag_of
from utils.reference import hub, load, transfer

from .conftest import WEIGHTS, blob_of

LOAD = """
from utils.reference import ReferenceMissing, load
try:
    print(load("gpt2", download=True, quiet=True).config.n_layers, flush=True)
except ReferenceMissing as problem:
    print(problem)
"""


@pytest.fixture
def bars(monkeypatch):
    """The progress bars that are made: their totals, where they begin, and what they are told."""
    made = []

    class Bar:
        def __init__(self, name, total, have):
            self.total, self.initial, self.n = total, have, have
            made.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def update(self, n):
            self.n += n

    monkeypatch.setattr(hub, "progress_bar", Bar)
    return made


def sizes(folder):
    return sum((folder / name).stat().st_size for name in FILES)


def test_one_bar_with_the_total_of_all_files(server, small_model, bars):
    load("gpt2", download=True, quiet=True)
    (bar,) = bars
    assert (bar.total, bar.initial, bar.n) == (sizes(small_model), 0, sizes(small_model))
    assert sorted(server.begun) == sorted((name, 0) for name in FILES)


@pytest.mark.parametrize("file", FILES)
def test_broken_off_in_any_file_the_next_call_fetches_the_rest(server, small_model, bars, cache, file):
    server.cut = {file: 1}
    with pytest.raises(hub.ReferenceMissing, match="it goes on where it stopped"):
        load("gpt2", download=True, quiet=True)
    before = bars[-1].n
    server.cut, server.begun = {}, []
    assert load("gpt2", download=True, quiet=True).name == "gpt2"
    assert (file, 1) in server.begun
    assert bars[-1].n == bars[-1].total
    # What had arrived is not fetched, and not counted as if it were.
    assert bars[-1].total - bars[-1].initial == sizes(small_model) - before
    snapshot = blob_of(cache, "").parent / "snapshots" / REVISION
    assert all((snapshot / name).read_bytes() == (small_model / name).read_bytes() for name in FILES)


def test_the_bar_has_the_total_and_begins_with_what_is_here(capsys):
    hub.progress_bar("gpt2", 548_000_000, 212_000_000).close()
    assert "212M/548M" in capsys.readouterr().err


def test_an_interrupt_says_how_far_it_came(server, bars, monkeypatch, capsys):
    def interrupt(file, blob, advance, limit_s):
        advance(7_000_000)
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer, "fetch", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load("gpt2", download=True, quiet=True)
    assert "Stopped at 7 of 0 MB; the next call goes on from there." in capsys.readouterr().out


def test_a_slow_hub_gets_more_time_after_one_line(server, monkeypatch):
    """The hub answers only after the line."""
    lines, said = [], threading.Event()

    def show(line, **_):
        lines.append(line)
        said.set()

    server.before_head = lambda file: said.wait(PATIENCE_S)
    monkeypatch.setattr(hub, "ANSWER_LIMIT_S", 0.01)
    monkeypatch.setattr("builtins.print", show)
    assert load("gpt2", download=True, quiet=True).name == "gpt2"
    assert lines == [f"The hub at {server.endpoint} is slow to answer: waiting up to {PATIENCE_S} s more."]


def test_the_times_that_users_wait():
    done = fresh_python(
        "from utils.reference import hub; print(hub.ANSWER_LIMIT_S, hub.PATIENCE_S)", Path("/nowhere/hub")
    )
    assert done.stdout == "1.5 15.0\n"


def kernel(cache, server, home):
    """A process that loads gpt2, as a second notebook does."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    settings = {"HF_HOME": str(cache.parent), "HF_HUB_CACHE": str(cache), "HF_ENDPOINT": server.endpoint}
    return subprocess.Popen(
        [sys.executable, "-c", LOAD],
        cwd=Path(__file__).parents[3],
        env=kept | settings | {"OMP_NUM_THREADS": "1", "COURSE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_of_two_kernels_one_downloads_and_the_other_waits(server, small_model, cache, tmp_path):
    begun, go_on = threading.Event(), threading.Event()

    def hold(file):
        if file == WEIGHTS:
            begun.set()
            go_on.wait(PATIENCE_S)

    server.before_body = hold
    first = kernel(cache, server, tmp_path)
    second = None
    try:
        assert begun.wait(PATIENCE_S)
        second = kernel(cache, server, tmp_path)
        assert second.stdout.readline() == "Another kernel is downloading gpt2: waiting for it.\n"
        go_on.set()
        assert first.communicate(timeout=PATIENCE_S)[0] == "12\n"
        assert second.communicate(timeout=PATIENCE_S)[0] == "12\n"
    finally:
        go_on.set()
        for process in filter(None, (first, second)):
            process.kill()
            process.wait()
    assert sorted(server.fetched) == sorted(FILES)


def test_a_process_that_was_killed_leaves_what_it_had_and_no_lock(server, small_model, cache, tmp_path):
    content = (small_model / WEIGHTS).read_bytes()
    # Long enough that some of it is on the disk when the process is killed.
    (small_model / WEIGHTS).write_bytes(content + b" " * 2**20)
    arriving, go_on = threading.Event(), threading.Event()
    server.cut = {WEIGHTS: 2**20}

    def wait_after_the_body(name):
        if len([each for each in server.fetched if each == WEIGHTS]) == 2:  # the first part has arrived
            arriving.set()
            go_on.wait(PATIENCE_S)

    server.before_body = wait_after_the_body
    process = kernel(cache, server, tmp_path)
    try:
        assert arriving.wait(PATIENCE_S)
    finally:
        process.kill()
        process.communicate()
        go_on.set()
    server.cut, server.begun, server.before_body = {}, [], lambda name: None
    with pytest.raises(hub.ReferenceMissing, match="incomplete"):  # of no model, but whole as the hub has it
        load("gpt2", download=True, quiet=True)
    assert server.begun[0] == (WEIGHTS, 2**20)
    assert [name for name, _ in server.begun] == list(hub.WANTED[2:])


def test_a_cache_without_links_holds_one_copy(server, cache, small_model, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.are_symlinks_supported", lambda *_: False)
    assert load("gpt2", download=True, quiet=True).name == "gpt2"
    weights = hub.cached_model("gpt2") / WEIGHTS
    assert not weights.is_symlink()
    assert not blob_of(cache, etag_of(small_model / WEIGHTS)).exists()
    server.begun = []
    assert load("gpt2", download=True, quiet=True).name == "gpt2"
    assert server.begun == []


def test_a_file_system_without_locks_does_not_prevent_the_download(server, monkeypatch):
    acquire = filelock.FileLock.acquire

    def without(lock, *args, **kwargs):
        if "course-" in str(lock.lock_file):
            raise NotImplementedError("FileLock is not supported")
        return acquire(lock, *args, **kwargs)

    monkeypatch.setattr(filelock.FileLock, "acquire", without)
    assert load("gpt2", download=True, quiet=True).name == "gpt2"


def test_nothing_is_left_beside_the_model(server, cache):
    load("gpt2", download=True, quiet=True)
    assert not [path for path in cache.rglob("*") if "incomplete" in path.name]
