"""A submission's box, from the trusted side: its init process, its kernels and their snapshots."""

import contextlib
import signal
import socket
from dataclasses import dataclass
from typing import Any

from grader.kernels.messages import (
    Deadline,
    MalformedMessage,
    MessageStream,
    StreamClosed,
    StreamTimeout,
)

START_SECONDS = 60
"""Seconds that a fork may take on a busy machine."""
_EXIT_SECONDS, _SHORT_EXIT_SECONDS = 5.0, 0.2
"""Seconds to wait for the report of how a process ended, once it has ended."""
_MAX_BYTES = 2**16
"""Of a message from the box's init process."""
_JSON_FACTOR = 8
"""JSON writes a character in up to six bytes, and adds some around it."""
_MAX_PID = 2**22
"""Linux gives no process a higher number (PID_MAX_LIMIT)."""
_NO_COPY = "no copy of its process could be made for the check"


class KernelEnded(Exception):
    """The kernel ended, or had to be ended, while a cell ran. The message says why, in a few words."""


@dataclass(frozen=True)
class CellOutput:
    """The outputs of a cell."""

    outputs: list[Any]
    success: bool


class Box:
    """The processes of one submission. `close` ends everything that was started in it."""

    def __init__(self, end: socket.socket, outer_layers: tuple[str, ...]):
        self._stream = MessageStream(end, _MAX_BYTES)
        self._connections: list[socket.socket] = []
        self._statuses: dict[int, int] = {}
        self.ended = False
        """True once the box was seen to have ended as a whole, which no code inside it can cause."""
        self._exit_seconds = _EXIT_SECONDS
        self._waiting: set[int] = set()
        self.own_namespaces = tuple(self._stream.receive(Deadline(START_SECONDS))["layers"])
        self.layers = (*outer_layers, *self.own_namespaces)

    def kernel(self, output_bytes: int) -> "Kernel":
        """Returns a new kernel, as warm as the first.

        Raises:
            KernelEnded: it did not start.
        """
        ours, theirs = self.connection()
        with theirs:
            self._send({"kernel": True}, theirs.fileno())
        pid = self._receive("kernel", Deadline(START_SECONDS))["kernel"]
        return Kernel(self, pid, ours, output_bytes)

    def connection(self) -> tuple[socket.socket, socket.socket]:
        """Returns our end of a new connection, which is closed with the box at the latest, and the other."""
        ours, theirs = socket.socketpair()
        self._connections.append(ours)
        return ours, theirs

    def kill(self, pid: int) -> None:
        """Ends a process of the box."""
        self._send({"kill": pid})

    def add_waiting(self, pid: int) -> None:
        """Adds a process that waits for its turn."""
        if pid > 1:
            self._waiting.add(pid)

    def remove_waiting(self, pid: int) -> None:
        """Removes a process that will have no further turn."""
        self._waiting.discard(pid)

    def turn(self, pid: int) -> None:
        """Lets this process run, and no other one.

        Other waiting processes are stopped, and what earlier ones have started is ended, so that it takes no
        processor time from the next check.
        """
        with contextlib.suppress(KernelEnded):
            self._send({"turn": pid, "waiting": sorted(self._waiting)})
            self._receive("turn", Deadline(self._exit_seconds))

    def exit_reason(self, pid: int) -> str:
        """Returns how a process of the box ended, in a few words."""
        deadline = Deadline(self._exit_seconds)  # for all messages together: a hostile process forks many
        try:
            while pid not in self._statuses:
                self._note_exit(self._stream.receive(deadline))
        except (StreamClosed, StreamTimeout, MalformedMessage) as error:
            self.ended = isinstance(error, StreamClosed)
            # The process had reported a false number: the next one's may be false too.
            self._exit_seconds = _SHORT_EXIT_SECONDS
            return "its process ended"
        return describe_status(self._statuses[pid])

    def poll_ended(self) -> bool:
        """Reads what the box has sent; returns whether it has ended as a whole."""
        deadline = Deadline(_SHORT_EXIT_SECONDS)
        try:
            while not self.ended:
                self._note_exit(self._stream.receive(deadline))
        except StreamClosed:
            self.ended = True
        except (StreamTimeout, MalformedMessage):
            pass
        return self.ended

    def close(self) -> None:
        """Ends everything in the box."""
        for each in self._connections:
            each.close()
        self._stream.close()

    def _send(self, request: dict[str, Any], descriptor: int | None = None) -> None:
        try:
            self._stream.send(request, descriptor)
        except StreamClosed:
            raise KernelEnded("the submission's first process ended") from None

    def _receive(self, name: str, deadline: Deadline) -> dict[str, Any]:
        """Returns the next message that has this key; notes the reports of ended processes before it."""
        try:
            while True:
                message = self._stream.receive(deadline)
                if name in message:
                    return message
                self._note_exit(message)
        except (StreamClosed, StreamTimeout, MalformedMessage):
            raise KernelEnded("no new process could be started") from None

    def _note_exit(self, message: dict[str, Any]) -> None:
        if "ended" in message:
            self._statuses[message["ended"]] = message["status"]


class Kernel:
    """A kernel, seen from the trusted side."""

    def __init__(self, box: Box, pid: int, end: socket.socket, output_bytes: int):
        self._box, self._pid = box, pid
        self._output_bytes = output_bytes
        self._stream = MessageStream(end, output_bytes * _JSON_FACTOR + 2**20)
        try:
            self.layers = tuple(map(str, self._stream.receive(Deadline(START_SECONDS))["layers"]))
        except (StreamClosed, StreamTimeout, MalformedMessage, KeyError, TypeError):
            raise KernelEnded(box.exit_reason(pid)) from None

    def run(self, code: str, deadline: Deadline) -> CellOutput:
        """Runs a cell.

        Raises:
            KernelEnded: the process ended, or sent a message that no kernel sends.
            StreamTimeout: the deadline passed.
        """
        try:
            self._stream.send({"code": code, "limit": self._output_bytes}, deadline=deadline)
            answer = self._stream.receive(deadline)
        except StreamClosed:
            raise KernelEnded(self._box.exit_reason(self._pid)) from None
        except MalformedMessage as error:
            raise KernelEnded(f"its process sent {error}") from None
        return cell_output(answer)

    def snapshot(self, task: dict[str, Any], seconds: float = START_SECONDS) -> "Snapshot":
        """Makes a copy of the kernel, which waits to run a check.

        Args:
            task: the check's names and modules; see `grader.kernels.snapshot`.
            seconds: how long that may take.

        Raises:
            KernelEnded: the process ended, or makes no copy.
        """
        deadline = Deadline(min(seconds, START_SECONDS))
        ours, theirs = self._box.connection()
        with theirs:
            try:
                self._stream.send({**task, "limit": self._output_bytes}, theirs.fileno(), deadline)
            except StreamClosed:
                raise KernelEnded(self._box.exit_reason(self._pid)) from None
            except StreamTimeout:
                raise KernelEnded(_NO_COPY) from None
        return Snapshot(self._box, ours, self._output_bytes, deadline)

    def end(self) -> None:
        """Ends the process; its snapshots stay."""
        self._stream.close()
        self._box.kill(self._pid)


class Snapshot:
    """A waiting snapshot, seen from the trusted side."""

    def __init__(self, box: Box, end: socket.socket, output_bytes: int, deadline: Deadline):
        self.end = end
        self._box = box
        self._stream = MessageStream(end, output_bytes * _JSON_FACTOR + 2**20)
        try:
            pid = self._stream.receive(deadline).get("pid")
        except (StreamClosed, StreamTimeout, MalformedMessage):
            self.close()
            raise KernelEnded(_NO_COPY) from None
        self._pid = pid if isinstance(pid, int) and 1 < pid < _MAX_PID else 0
        box.add_waiting(self._pid)

    def take_turn(self) -> None:
        """Lets it run, and stops everything else of its box."""
        self._box.turn(self._pid)

    def wake(self, code: str, deadline: Deadline) -> None:
        """Starts its check. The code is sent only now: it may hold tests that are to stay hidden.

        Raises:
            StreamClosed, StreamTimeout: it has ended, or does not read.
        """
        self._stream.send({"code": code}, deadline=deadline)

    def receive_output(self, deadline: Deadline) -> CellOutput:
        """Returns the outputs of a cell of plain asserts.

        Raises:
            StreamClosed, StreamTimeout, MalformedMessage: it does not send them.
        """
        return cell_output(self._stream.receive(deadline))

    def exit_reason(self) -> str:
        """Returns how it ended, in a few words."""
        return self._box.exit_reason(self._pid)

    def kill(self) -> None:
        """Ends the process that it claims to be; what is left ends with the box."""
        self._box.remove_waiting(self._pid)
        if self._pid > 1:
            with contextlib.suppress(KernelEnded):
                self._box.kill(self._pid)

    def close(self) -> None:
        """Closes the connection to it."""
        self._stream.close()


def cell_output(answer: dict[str, Any]) -> CellOutput:
    """Returns the outputs that a kernel reports of a cell; their content is not yet checked."""
    outputs = answer.get("outputs")
    return CellOutput(outputs if isinstance(outputs, list) else [], answer.get("success") is True)


def describe_status(status: int) -> str:
    """Returns how a process ended, in a few words, from its status as wait(2) reports it."""
    if status & 0x7F == 0:
        return f"its process ended itself, with exit code {status >> 8 & 0xFF}"
    number = status & 0x7F
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return "its process was ended: it used up its memory or its processor time"
    meaning = signal.strsignal(number) or f"signal {number}"
    return f"its process crashed ({meaning})"
