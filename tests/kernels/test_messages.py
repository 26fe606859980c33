"""Messages over a socket: whole, bounded, in time."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.kernels.messages import (
    Deadline,
    MalformedMessage,
    MessageStream,
    StreamClosed,
    StreamTimeout,
)


@pytest.fixture
def ends() -> Iterator[tuple[MessageStream, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield MessageStream(ours, longest=100), theirs


def test_a_message_arrives_with_its_descriptor():
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    with ours, theirs:
        MessageStream(ours, 100).send({"a": 1}, write)
        message, given = MessageStream(theirs, 100).receive_with_descriptor()
        os.write(given, b"x")
        assert (message, os.read(read, 1)) == ({"a": 1}, b"x")
    for descriptor in (read, write, given):
        os.close(descriptor)


def test_unexpected_descriptors_are_dropped(ends):
    stream, other = ends
    before = len(list(Path("/proc/self/fd").iterdir()))
    socket.send_fds(other, [b"\x02\x00\x00\x00{}"], [other.fileno()] * 10)
    assert stream.receive() == {}
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (b"\x65\x00\x00\x00", "100 are the most"),
        (b"\xff\xff\xff\xff", "100 are the most"),
        (b"\x02\x00\x00\x00[]", "no object"),
        (b"\x02\x00\x00\x00{!", "no JSON"),
        (b"\x02\x00\x00\x00\xff\xff", "no JSON"),
        (b"\x64\x00\x00\x00" + b"[" * 100, "no JSON"),
    ],
)
def test_malformed_messages_are_described(ends, sent, problem):
    stream, other = ends
    other.sendall(sent)
    with pytest.raises(MalformedMessage, match=problem):
        stream.receive()


def test_a_closed_stream_is_noticed(ends):
    stream, other = ends
    other.sendall(b"\x05\x00\x00\x00{")
    other.close()
    with pytest.raises(StreamClosed):
        stream.receive()


def test_silence_is_late(ends):
    stream, _ = ends
    with pytest.raises(StreamTimeout):
        stream.receive(Deadline(0.05))


def test_a_reader_that_does_not_read_is_late():
    ours, theirs = socket.socketpair()
    from grader.kernels.messages import write

    with ours, theirs, pytest.raises(StreamTimeout):
        write(ours, bytes(2**24), Deadline(0.05))


def test_a_deadline_can_be_extended():
    deadline = Deadline(0.0)
    with pytest.raises(StreamTimeout):
        deadline.left()
    deadline.extend(60)
    assert 0 < deadline.left() <= 60
