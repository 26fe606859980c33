"""One file: broken off at every byte, resumed, compared with its digest."""

import errno
from collections import namedtuple

import pytest

from tests.reference.loopback_hub import etag_of
from utils.reference import transfer
from utils.reference.transfer import ArrivedDamaged, BrokenOff, NotAHub

from .conftest import REPOSITORY, WEIGHTS, blob_of

LIMIT_S = 600


@pytest.fixture
def file(server):
    return transfer.describe(REPOSITORY, WEIGHTS, LIMIT_S)


@pytest.fixture
def blob(cache, file):
    return blob_of(cache, file.etag)


def fetch(file, blob):
    """Fetch, and return the bytes that were counted."""
    counted = []
    transfer.fetch(file, blob, counted.append, LIMIT_S)
    return sum(counted)


def nothing_else(blob):
    return [path.name for path in blob.parent.iterdir()] == [blob.name]


def test_what_the_hub_says_of_a_file(server, file, small_model):
    assert file.name == WEIGHTS and file.size == (small_model / WEIGHTS).stat().st_size
    assert file.etag == etag_of(small_model / WEIGHTS) and len(file.etag) == 64


def test_broken_off_at_any_byte_the_next_call_goes_on_from_there(
    server, file, blob, small_model, monkeypatch
):
    monkeypatch.setattr(transfer, "PAUSES_S", ())
    content = (small_model / WEIGHTS).read_bytes()
    for cut in range(len(content)):
        server.cut = {WEIGHTS: cut}
        with pytest.raises(BrokenOff):
            fetch(file, blob)
        assert transfer.arrived(blob) == cut and not blob.exists()
        server.cut, server.begun = {}, []
        assert fetch(file, blob) == len(content) - cut
        assert server.begun == [(WEIGHTS, cut)]
        assert blob.read_bytes() == content and nothing_else(blob)
        blob.unlink()


def test_a_connection_that_breaks_is_made_again_in_the_same_call(server, file, blob, small_model):
    """However often, as long as bytes arrive in between."""
    content = (small_model / WEIGHTS).read_bytes()
    server.cut = {WEIGHTS: 0}

    def further(name):
        server.cut[WEIGHTS] += 30

    server.before_body = further
    assert fetch(file, blob) == len(content)
    assert [begin for _, begin in server.begun] == list(range(0, len(content), 30))
    assert blob.read_bytes() == content


def test_a_connection_without_a_byte_is_given_up_after_the_pauses(server, file, blob):
    server.cut = {WEIGHTS: 0}
    with pytest.raises(BrokenOff):
        fetch(file, blob)
    assert len(server.begun) == 1 + len(transfer.PAUSES_S)


def test_the_pauses_are_made(server, file, blob, monkeypatch):
    paused = []
    monkeypatch.setattr(transfer, "PAUSES_S", (0.0, 1.0, 4.0))
    monkeypatch.setattr(transfer.time, "sleep", paused.append)
    server.cut = {WEIGHTS: 0}
    with pytest.raises(BrokenOff):
        fetch(file, blob)
    assert paused == [0.0, 1.0, 4.0]


def test_a_hub_that_always_sends_the_whole_file_starts_it_anew(server, file, blob, small_model):
    server.cut = {WEIGHTS: 100}
    with pytest.raises(BrokenOff):
        fetch(file, blob)
    server.cut, server.heeds_ranges = {}, False
    # The hundred bytes are taken back from the count.
    assert fetch(file, blob) == file.size - 100
    assert blob.read_bytes() == (small_model / WEIGHTS).read_bytes()


def test_more_than_the_file_is_thrown_away(server, file, blob, small_model):
    blob.parent.mkdir(parents=True)
    transfer._part(blob).write_bytes(b"x" * (file.size + 5))
    fetch(file, blob)
    assert blob.read_bytes() == (small_model / WEIGHTS).read_bytes() and nothing_else(blob)


def flip(content):
    return content[:-1] + bytes([content[-1] ^ 1])


def test_wrong_bytes_are_named_and_removed_and_the_next_call_starts_clean(server, file, blob, small_model):
    server.content = lambda path: flip(path.read_bytes())
    with pytest.raises(ArrivedDamaged) as caught:
        fetch(file, blob)
    assert caught.value.difference.expected == file.etag != caught.value.difference.found
    assert transfer.arrived(blob) == 0 and list(blob.parent.iterdir()) == []
    server.content, server.begun = type(small_model).read_bytes, []
    fetch(file, blob)
    assert server.begun == [(WEIGHTS, 0)]
    assert blob.read_bytes() == (small_model / WEIGHTS).read_bytes()


def test_wrong_bytes_from_an_earlier_call_are_found_at_the_end(server, file, blob):
    blob.parent.mkdir(parents=True)
    transfer._part(blob).write_bytes(b"x" * 50)
    with pytest.raises(ArrivedDamaged):
        fetch(file, blob)
    assert list(blob.parent.iterdir()) == []


@pytest.mark.parametrize("change", [lambda content: content[:-3], lambda content: content + b"more"])
def test_an_answer_of_another_length_is_never_taken(server, file, blob, change):
    server.content = lambda path: change(path.read_bytes())
    with pytest.raises((BrokenOff, NotAHub)):
        fetch(file, blob)
    assert not blob.exists()


def test_a_small_file_is_compared_with_gits_digest(server, cache):
    config = transfer.describe(REPOSITORY, "config.json", LIMIT_S)
    assert len(config.etag) == 40
    server.content = lambda path: flip(path.read_bytes())
    with pytest.raises(ArrivedDamaged):
        fetch(config, blob_of(cache, config.etag))


def test_a_mirror_with_etags_of_its_own_is_judged_by_length(server, cache, file):
    other = transfer.RemoteFile(file.name, file.url, "etag-7", file.commit, file.size)
    assert fetch(other, blob_of(cache, "etag-7")) == file.size


def test_a_disk_without_room_is_found_before_the_first_byte(server, file, blob, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage(file.size, 1, file.size - 1))
    with pytest.raises(OSError, match="No space left"):
        fetch(file, blob)
    assert server.begun == []


def test_a_disk_that_fills_up_keeps_what_has_arrived(server, file, blob):
    def full(length):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        transfer.fetch(file, blob, full, LIMIT_S)
    assert transfer.arrived(blob) > 0


def test_an_interrupt_keeps_what_has_arrived(server, file, blob):
    def interrupt(length):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer.fetch(file, blob, interrupt, LIMIT_S)
    kept = transfer.arrived(blob)
    assert 0 < kept <= file.size
    assert fetch(file, blob) == file.size - kept


@pytest.mark.parametrize("etag", ['"../../x"', '"a/b"', '""', '".hidden"'])
def test_an_etag_that_is_no_file_name_is_refused(server, monkeypatch, etag):
    monkeypatch.setattr("tests.reference.loopback_hub.etag_of", lambda path: etag.strip('"'))
    with pytest.raises(NotAHub, match="ETag"):
        transfer.describe(REPOSITORY, WEIGHTS, LIMIT_S)
