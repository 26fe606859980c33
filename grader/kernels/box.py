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
"""How long a fork may take on a busy machine."""
_PATIENCE, _SHORT_PATIENCE = 5.0, 0.2
"""Seconds to wait for the word that a process has ended, which has gone already."""
_LONGEST_WORD = 2**16
_MARKUP = 8
"""JSON writes a character in up to six bytes, and adds some around it."""
_MOST_PID = 2**22
"""Linux gives no process a higher number."""
_NO_COPY = "no copy of its process could be made for the check"


class KernelEnded(Exception):
    """The kernel went, or had to go, while a cell ran. The text says why, in a few words."""


@dataclass(frozen=True)
class CellOutput:
    """What a cell showed."""

    outputs: list[Any]
    success: bool


class Box:
    """Where one submission runs. Nothing that was started in it outlives `close`."""

    def __init__(self, end: socket.socket, outer_layers: tuple[str, ...]):
        self._stream = MessageStream(end, _LONGEST_WORD)
        self._ended: dict[int, int] = {}
        self.gone = False
        """Whether the box was seen to have ended as a whole, which no code inside it can bring about."""
        self._patience = _PATIENCE
        self._waiting: set[int] = set()
        self.own_namespaces = tuple(self._stream.receive(Deadline(START_SECONDS))["layers"])
        self.layers = (*outer_layers, *self.own_namespaces)

    def kernel(self, output_bytes: int) -> "Kernel":
        """A new kernel, as warm as the first.

        Raises:
            KernelEnded: it did not come up.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._order({"kernel": True}, theirs.fileno())
        pid = self._told("kernel")["kernel"]
        return Kernel(self, pid, ours, output_bytes)

    def kill(self, pid: int) -> None:
        """Ends a process of the box."""
        self._order({"kill": pid})

    def wait_with(self, pid: int) -> None:
        """Notes that a process is to wait for its turn."""
        if pid > 1:
            self._waiting.add(pid)

    def forget(self, pid: int) -> None:
        """Notes that a process will have no other turn."""
        self._waiting.discard(pid)

    def turn(self, pid: int) -> None:
        """Lets this process run, and no other one: those that wait are stopped, and what earlier ones have
        started is ended. So nobody's children make another check late.
        """
        with contextlib.suppress(KernelEnded):
            self._order({"turn": pid, "waiting": sorted(self._waiting)})
            self._told("turn", Deadline(self._patience))

    def why_ended(self, pid: int) -> str:
        """How a process of the box ended, in a few words."""
        deadline = Deadline(self._patience)  # for all words together: others may end without number
        try:
            while pid not in self._ended:
                self._note(self._stream.receive(deadline))
        except (StreamClosed, StreamTimeout, MalformedMessage) as word:
            self.gone = isinstance(word, StreamClosed)
            self._patience = _SHORT_PATIENCE  # a number that is none: the next may be none either
            return "its process ended"
        return in_words(self._ended[pid])

    def has_ended(self) -> bool:
        """Whether the box has ended as a whole, by nothing that was done inside it."""
        deadline = Deadline(_SHORT_PATIENCE)
        try:
            while not self.gone:
                self._note(self._stream.receive(deadline))
        except StreamClosed:
            self.gone = True
        except (StreamTimeout, MalformedMessage):
            pass
        return self.gone

    def close(self) -> None:
        """Ends everything in the box."""
        self._stream.close()

    def _order(self, order: dict[str, Any], descriptor: int | None = None) -> None:
        try:
            self._stream.send(order, descriptor)
        except StreamClosed:
            raise KernelEnded("the submission's first process ended") from None

    def _told(self, name: str, deadline: Deadline | None = None) -> dict[str, Any]:
        deadline = deadline or Deadline(START_SECONDS)
        try:
            while True:
                word = self._stream.receive(deadline)
                if name in word:
                    return word
                self._note(word)
        except (StreamClosed, StreamTimeout, MalformedMessage):
            raise KernelEnded("no new process could be started") from None

    def _note(self, word: dict[str, Any]) -> None:
        if "ended" in word:
            self._ended[word["ended"]] = word["status"]


class Kernel:
    """A kernel, from the trusted side."""

    def __init__(self, box: Box, pid: int, end: socket.socket, output_bytes: int):
        self._box, self._pid = box, pid
        self._output_bytes = output_bytes
        self._stream = MessageStream(end, output_bytes * _MARKUP + 2**20)
        try:
            self.layers = tuple(map(str, self._stream.receive(Deadline(START_SECONDS))["layers"]))
        except (StreamClosed, StreamTimeout, MalformedMessage, KeyError, TypeError):
            raise KernelEnded(box.why_ended(pid)) from None

    def run(self, code: str, deadline: Deadline) -> CellOutput:
        """Runs a cell.

        Raises:
            KernelEnded: the process ended, or sent what no kernel sends.
            StreamTimeout: the deadline passed.
        """
        try:
            self._stream.send({"code": code, "limit": self._output_bytes}, deadline=deadline)
            answer = self._stream.receive(deadline)
        except StreamClosed:
            raise KernelEnded(self._box.why_ended(self._pid)) from None
        except MalformedMessage as what:
            raise KernelEnded(f"its process sent {what}") from None
        return cell_output(answer)

    def snapshot(self, task: dict[str, Any], seconds: float = START_SECONDS) -> "Snapshot":
        """Leaves a copy of the kernel behind, which waits to run a check. That may take so many seconds.

        Raises:
            KernelEnded: the process ended, or makes no copy.
        """
        deadline = Deadline(min(seconds, START_SECONDS))
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._stream.send({**task, "limit": self._output_bytes}, theirs.fileno(), deadline)
            except StreamClosed:
                raise KernelEnded(self._box.why_ended(self._pid)) from None
            except StreamTimeout:
                raise KernelEnded(_NO_COPY) from None
        return Snapshot(self._box, ours, self._output_bytes, deadline)

    def end(self) -> None:
        """Ends the process; its snapshots stay."""
        self._stream.close()
        self._box.kill(self._pid)


class Snapshot:
    """A waiting snapshot, from the trusted side."""

    def __init__(self, box: Box, end: socket.socket, output_bytes: int, deadline: Deadline):
        self.end = end
        self._box = box
        self._stream = MessageStream(end, output_bytes * _MARKUP + 2**20)
        try:
            pid = self._stream.receive(deadline).get("pid")
        except (StreamClosed, StreamTimeout, MalformedMessage):
            self.close()
            raise KernelEnded(_NO_COPY) from None
        self._pid = pid if isinstance(pid, int) and 1 < pid < _MOST_PID else 0
        box.wait_with(self._pid)

    def take_turn(self) -> None:
        """From now on it runs, and nothing else of its box does."""
        self._box.turn(self._pid)

    def wake(self, code: str, deadline: Deadline) -> None:
        """Lets it run its check. Only now is it told what that is: it may hold tests that are to stay hidden.

        Raises:
            StreamClosed, StreamTimeout: it has gone, or does not listen.
        """
        self._stream.send({"code": code}, deadline=deadline)

    def shown(self, deadline: Deadline) -> CellOutput:
        """What a cell of plain asserts showed.

        Raises:
            StreamClosed, StreamTimeout, MalformedMessage: it does not say.
        """
        return cell_output(self._stream.receive(deadline))

    def why_ended(self) -> str:
        """How it ended, in a few words."""
        return self._box.why_ended(self._pid)

    def kill(self) -> None:
        """Ends it, as far as it has said which process it is; the box's end will end the rest."""
        self._box.forget(self._pid)
        if self._pid > 1:
            with contextlib.suppress(KernelEnded):
                self._box.kill(self._pid)

    def close(self) -> None:
        """Closes the way to it."""
        self._stream.close()


def cell_output(answer: dict[str, Any]) -> CellOutput:
    """What a kernel says that a cell showed; nothing of it is believed yet."""
    outputs = answer.get("outputs")
    return CellOutput(outputs if isinstance(outputs, list) else [], answer.get("success") is True)


def in_words(status: int) -> str:
    """How a process ended, from what `wait` said of it."""
    if status & 0x7F == 0:
        return f"its process ended itself, with exit code {status >> 8 & 0xFF}"
    number = status & 0x7F
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return "its process was ended: it used up its memory or its processor time"
    meaning = signal.strsignal(number) or f"signal {number}"
    return f"its process crashed ({meaning})"
