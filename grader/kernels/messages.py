"""Messages between the trusted side and a kernel: length-prefixed JSON over a local socket."""

import json
import socket
import time
from typing import Any

_LENGTH = 4  # bytes, little-endian


class StreamClosed(EOFError):
    """The other side has closed the stream."""


class StreamTimeout(TimeoutError):
    """The other side took longer than it may."""


class MalformedMessage(ValueError):
    """The bytes received are not a message: too long, or not a JSON object."""


class Deadline:
    """A point in time by which something must have happened."""

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Returns the seconds that are left.

        Raises:
            StreamTimeout: the deadline has passed.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise StreamTimeout
        return left

    def is_left(self) -> bool:
        """Returns whether any time is left."""
        return time.monotonic() < self._end

    def extend(self, seconds: float) -> None:
        """Moves the deadline back by these seconds, such as those that the judge took for its own work."""
        self._end += seconds


def read(end: socket.socket, length: int, deadline: Deadline | None = None) -> bytearray:
    """Reads exactly `length` bytes.

    Raises:
        StreamClosed, StreamTimeout: they do not arrive.
    """
    data = bytearray()
    while len(data) < length:
        end.settimeout(deadline.left() if deadline else None)
        try:
            piece = end.recv(min(length - len(data), 1 << 20))
        except TimeoutError:
            raise StreamTimeout from None
        except OSError:
            raise StreamClosed from None
        if not piece:
            raise StreamClosed
        data += piece
    return data


def write(end: socket.socket, data: bytes, deadline: Deadline | None = None) -> None:
    """Writes all of `data`.

    Raises:
        StreamClosed, StreamTimeout: the other side does not read it.
    """
    end.settimeout(deadline.left() if deadline else None)
    try:
        end.sendall(data)
    except TimeoutError:
        raise StreamTimeout from None
    except OSError:
        raise StreamClosed from None


class MessageStream:
    """One end of a socket that carries messages of at most `longest` bytes each."""

    def __init__(self, end: socket.socket, longest: int):
        self.end = end
        self._longest = longest

    def send(
        self, message: dict[str, Any], descriptor: int | None = None, deadline: Deadline | None = None
    ) -> None:
        """Sends a message, and with it a file descriptor.

        Raises:
            StreamClosed: the other side has closed the stream.
            StreamTimeout: it does not read. A process that has run a student's code must not be sent
                anything without a deadline.
        """
        data = json.dumps(message).encode()
        length = len(data).to_bytes(_LENGTH, "little")
        try:
            self.end.settimeout(deadline.left() if deadline else None)
            socket.send_fds(self.end, [length], [] if descriptor is None else [descriptor])
        except TimeoutError:
            raise StreamTimeout from None
        except OSError:
            raise StreamClosed from None
        write(self.end, data, deadline)

    def receive(self, deadline: Deadline | None = None) -> dict[str, Any]:
        """Returns the next message. File descriptors that come with it are dropped.

        Raises:
            StreamClosed, StreamTimeout, MalformedMessage: no whole, valid message arrives.
        """
        return self._body(read(self.end, _LENGTH, deadline), deadline)

    def receive_with_descriptor(self) -> tuple[dict[str, Any], int | None]:
        """Returns the next message, and the file descriptor that came with it, or None.

        Raises:
            StreamClosed, MalformedMessage: no whole, valid message arrives.
        """
        self.end.settimeout(None)
        length, descriptors, _, _ = socket.recv_fds(self.end, _LENGTH, 1)
        if not length:
            raise StreamClosed
        rest = read(self.end, _LENGTH - len(length))
        return self._body(bytearray(length) + rest, None), descriptors[0] if descriptors else None

    def close(self) -> None:
        """Closes this end."""
        self.end.close()

    def _body(self, length: bytearray, deadline: Deadline | None) -> dict[str, Any]:
        size = int.from_bytes(length, "little")
        if size > self._longest:
            raise MalformedMessage(f"a message of {size:,} bytes, where {self._longest:,} are the most")
        try:
            message = json.loads(read(self.end, size, deadline))
        except (ValueError, RecursionError):
            raise MalformedMessage("a message that is no JSON") from None
        if not isinstance(message, dict):
            raise MalformedMessage("a message that is no object")
        return message
