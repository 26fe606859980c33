"""Hears one check cell: gives its cases to the student's process, takes what comes back, believes none of it.

The process on the other side was made for this cell alone, so whatever comes from there is about this cell.
It may open each of the cell's own checks once, in order; anything else ends the hearing.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.executor.task import Hidden
from grader.judge.bench import BothHearings, Session
from grader.kernels.wire import Deadline, read, write
from utils.checks.attempt import Attempt
from utils.checks.engine import Check
from utils.checks.plain import PlainDataError, pack, unpack
from utils.checks.report import Report

_LENGTH = 8  # bytes, little-endian: see utils.checks.channel


class Misconduct(Exception):
    """The student's process sent what no check of ours sends. The text says what, in a few words."""


@dataclass(frozen=True)
class Raised:
    """The check cell's code raised an error of its own, before or after a check."""

    type_name: str
    message: str


@dataclass
class Heard:
    """What has been heard of one check cell so far."""

    reports: list[Report] = field(default_factory=list)
    hidden: Hidden = "not reached"
    raised: Raised | None = None
    ready_made: tuple[str, ...] = ()


class Court:
    """One check cell in front of the judge."""

    def __init__(self, session: Session, checks: Sequence[Check], longest: int):
        """Draws the cases and computes what is right, before the clock of the student's code begins."""
        self.heard = Heard()
        self._session = session
        self._longest = longest
        self._hearings = [session.open(check.week, check.name) for check in checks]

    def hear(self, end: socket.socket, deadline: Deadline) -> Heard:
        """Hears every check of the cell. What was heard until an error is in `heard`.

        Raises:
            Misconduct, PlainDataError: what came is none of ours.
            Closed, Late: the process ended, or the time is over.
        """
        for hearing in self._hearings:
            message = self._receive(end, deadline)
            if set(message) == {"raised"}:
                self.heard.raised = _raised(message["raised"], hide=self._gave_hidden())
                return self.heard
            if message != {"open": hearing.name, "week": hearing.week}:
                raise Misconduct("its process asked for another check than its own")
            self._hear_one(hearing, end, deadline)
        return self.heard

    def _hear_one(self, hearing: BothHearings, end: socket.socket, deadline: Deadline) -> None:
        while (inputs := hearing.next_case()) is not None:
            _send(end, {"case": inputs}, deadline)
            message = self._receive(end, deadline)
            if set(message) != {"attempt"}:
                raise Misconduct("its check was called once more from inside itself")
            hearing.submit(Attempt.from_plain(message["attempt"]))
        with self._session.clock(deadline):
            report, outcome = _verdict(hearing)
        self.heard.ready_made += hearing.ready_made
        self.heard.reports.append(report)
        self.heard.hidden = "failed" if "failed" in (outcome, self.heard.hidden) else outcome
        _send(end, {"report": report.to_plain()}, deadline)

    def _receive(self, end: socket.socket, deadline: Deadline) -> dict[str, Any]:
        length = int.from_bytes(read(end, _LENGTH, deadline), "little")
        if length > self._longest:
            raise Misconduct(f"its answer has {length:,} bytes, where {self._longest:,} are the most")
        message = unpack(read(end, length, deadline))
        if not isinstance(message, dict):
            raise Misconduct("its process sent what no check sends")
        return message

    def _gave_hidden(self) -> bool:
        return any(hearing.gave_hidden for hearing in self._hearings)


def _verdict(hearing: BothHearings) -> tuple[Report, Hidden]:
    try:
        return hearing.report()
    except Exception as error:  # an answer made so that comparing it fails: it costs this exercise alone
        raise Misconduct(f"what it returns cannot be compared ({type(error).__name__})") from error


def _send(end: socket.socket, message: dict[str, Any], deadline: Deadline) -> None:
    data = pack(message)
    write(end, len(data).to_bytes(_LENGTH, "little") + data, deadline)


def _raised(described: Any, hide: bool) -> Raised:
    """The error as the student's process describes it; without its words, once it may know a hidden input."""
    match described:
        case [str(type_name), str(message)]:
            return Raised("an error", "") if hide else Raised(type_name[:100], message[:600])
    raise PlainDataError("An error was announced and is not described.")
