"""Weights in the cache of the right length with wrong bytes: found, at a cost that is paid once."""

import os

import pytest

from tests.reference.hub_cache import put_in_cache
from tests.reference.loopback_hub import etag_of
from utils.reference import ReferenceDamaged, blobs, hub, load

from .conftest import REPOSITORY, WEIGHTS

pytestmark = pytest.mark.usefixtures("server")


@pytest.fixture
def weights(cache, tiny_gpt2):
    """A model that can be loaded, in the cache as the hub's client lays it out."""
    return put_in_cache(cache, REPOSITORY, tiny_gpt2) / WEIGHTS


@pytest.fixture
def damaged(weights):
    blob = weights.resolve()
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.write_bytes(content)
    return weights


@pytest.fixture
def read(monkeypatch):
    """The files whose digest is computed."""
    files = []
    compute = blobs.digest
    monkeypatch.setattr(blobs, "digest", lambda path, like: files.append(path.name) or compute(path, like))
    return files


def another_process(monkeypatch):
    """What this process has found is forgotten, as in a new one."""
    monkeypatch.setattr(blobs, "_checked", {})


def test_by_name_the_damage_is_stated_with_both_digests(damaged):
    with pytest.raises(ReferenceDamaged) as caught:
        load("gpt2")
    found = blobs.digest(damaged, "0" * 64)
    assert f"its SHA-256 is {found[:16]}…, the hub's {damaged.resolve().name[:16]}…" in str(caught.value)
    assert 'load("gpt2", download=True) fetches them again (0.55 GB)' in str(caught.value)


def test_by_default_it_is_the_storyteller_and_the_line_says_why(damaged, capsys):
    assert load().name == "storyteller"
    (line,) = capsys.readouterr().out.splitlines()
    assert "OpenAI's is damaged in the cache (its SHA-256 is " in line
    assert line.endswith('load("gpt2", download=True) repairs it.')


def test_on_request_the_damaged_file_alone_is_fetched_again(damaged, tiny_gpt2, server):
    server.folder = tiny_gpt2
    assert load("gpt2", download=True, quiet=True).name == "gpt2"
    assert server.begun == [(WEIGHTS, 0)]
    assert damaged.read_bytes() == (tiny_gpt2 / WEIGHTS).read_bytes()


def test_right_weights_are_read_once_on_this_machine(weights, read, monkeypatch):
    for _ in range(2):
        for _ in range(2):
            assert hub.cached_model("gpt2")
        another_process(monkeypatch)
    assert len(read) == 1


def test_a_change_of_the_file_has_it_read_again(weights, read, monkeypatch):
    assert hub.cached_model("gpt2")
    status = weights.stat()
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.resolve().write_bytes(content)
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert not hub.cached_model("gpt2")
    assert len(read) == 2


def test_damaged_weights_are_read_once_in_a_process(damaged, read):
    for _ in range(3):
        assert load(quiet=True).name == "storyteller"
    assert len(read) == 1


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', '{"a": [1, 2, 3]}'])
def test_a_broken_record_costs_one_more_reading(weights, read, monkeypatch, content):
    assert hub.cached_model("gpt2")
    blobs.record_file().write_text(content)
    another_process(monkeypatch)
    assert hub.cached_model("gpt2") and hub.cached_model("gpt2")
    assert len(read) == 2


def test_where_nothing_can_be_recorded_it_is_once_a_process(weights, read, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "file"))
    for _ in range(2):
        assert hub.cached_model("gpt2") and hub.cached_model("gpt2")
        another_process(monkeypatch)
    assert len(read) == 2


def test_a_blob_that_is_itself_a_link_keeps_the_name_that_counts(weights, tmp_path, read):
    """Newer clients share blobs between repositories, under names that are digests of another kind."""
    blob = weights.resolve()
    store = tmp_path / ("f" * 64)
    blob.rename(store)
    blob.symlink_to(store)
    assert hub.cached_model("gpt2")
    assert len(read) == 1


def test_a_copy_in_place_of_a_link_states_no_digest(weights, read):
    content = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(content)
    assert blobs.stated_digest(weights) is None
    assert hub.cached_model("gpt2") and read == []


def test_removing_takes_the_links_and_what_they_lead_to(weights, tmp_path):
    blob = weights.resolve()
    store = tmp_path / "store"
    blob.rename(store)
    blob.symlink_to(store)
    blobs.remove(weights)
    assert not any(os.path.lexists(path) for path in (weights, blob, store))


def test_what_was_just_fetched_is_not_read_twice(tiny_gpt2, read, monkeypatch, server):
    server.folder = tiny_gpt2
    assert load("gpt2", download=True, quiet=True).name == "gpt2"
    another_process(monkeypatch)
    assert hub.cached_model("gpt2")
    assert len([name for name in read if name.startswith(etag_of(tiny_gpt2 / WEIGHTS))]) == 1
