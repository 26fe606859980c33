"""Messages between the trusted side and a kernel: JSON with a length before it, over a local socket."""

import json
import socket
import time
from typing import Any

_LENGTH = 4  # bytes, little-endian


class Closed(EOFError):
    """The other side has gone."""


class Late(TimeoutError):
    """The other side took longer than it may."""


class Improper(ValueError):
    """What came is no message: too long, no JSON, no object."""


class Deadline:
    """A point in time by which something must have happened."""

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            Late: none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise Late
        return left

    def is_left(self) -> bool:
        """Whether any time is left."""
        return time.monotonic() < self._end

    def extend(self, seconds: float) -> None:
        """Gives so much more time: what the judge took for itself is not the student's."""
        self._end += seconds


def read(end: socket.socket, length: int, deadline: Deadline | None = None) -> bytearray:
    """Exactly so many bytes.

    Raises:
        Closed, Late: they do not come.
    """
    data = bytearray()
    while len(data) < length:
        end.settimeout(deadline.left() if deadline else None)
        try:
            piece = end.recv(min(length - len(data), 1 << 20))
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Closed from None
        if not piece:
            raise Closed
        data += piece
    return data


def write(end: socket.socket, data: bytes, deadline: Deadline | None = None) -> None:
    """All of `data`.

    Raises:
        Closed, Late: nobody reads it.
    """
    end.settimeout(deadline.left() if deadline else None)
    try:
        end.sendall(data)
    except TimeoutError:
        raise Late from None
    except OSError:
        raise Closed from None


class Wire:
    """One end of a socket that carries messages of at most `longest` bytes each."""

    def __init__(self, end: socket.socket, longest: int):
        self.end = end
        self._longest = longest

    def send(
        self, message: dict[str, Any], descriptor: int | None = None, deadline: Deadline | None = None
    ) -> None:
        """Sends a message, and with it a file descriptor.

        Raises:
            Closed: the other side has gone.
            Late: it does not read. To whom a student's code has run in, nothing is sent without a deadline.
        """
        data = json.dumps(message).encode()
        length = len(data).to_bytes(_LENGTH, "little")
        try:
            self.end.settimeout(deadline.left() if deadline else None)
            socket.send_fds(self.end, [length], [] if descriptor is None else [descriptor])
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Closed from None
        write(self.end, data, deadline)

    def receive(self, deadline: Deadline | None = None) -> dict[str, Any]:
        """The next message. Descriptors that come with it are dropped.

        Raises:
            Closed, Late, Improper: there is none.
        """
        return self._body(read(self.end, _LENGTH, deadline), deadline)

    def receive_with_descriptor(self) -> tuple[dict[str, Any], int | None]:
        """The next message, and the file descriptor that came with it.

        Raises:
            Closed, Improper: there is none.
        """
        self.end.settimeout(None)
        length, descriptors, _, _ = socket.recv_fds(self.end, _LENGTH, 1)
        rest = read(self.end, _LENGTH - len(length)) if length else None
        if rest is None:
            raise Closed
        return self._body(bytearray(length) + rest, None), (descriptors or [None])[0]

    def close(self) -> None:
        """Closes this end."""
        self.end.close()

    def _body(self, length: bytearray, deadline: Deadline | None) -> dict[str, Any]:
        size = int.from_bytes(length, "little")
        if size > self._longest:
            raise Improper(f"a message of {size:,} bytes, where {self._longest:,} are the most")
        try:
            message = json.loads(read(self.end, size, deadline))
        except (ValueError, RecursionError):
            raise Improper("a message that is no JSON") from None
        if not isinstance(message, dict):
            raise Improper("a message that is no object")
        return message
