"""Hears one check cell: gives its cases to the student's process, takes what comes back, believes none of it.

The process on the other side was made for this cell alone, so whatever comes from there is about this cell.
It may open each of the cell's own checks once, in order; anything else ends the check run.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from grader.autograde.check_session import CheckSession, PublicThenHidden
from grader.autograde.task import Hidden
from grader.autograde.time_limit import TookTooLong
from grader.kernels.messages import Deadline, read, write
from utils.checks.engine.check import Check
from utils.checks.engine.observation import Observation
from utils.checks.engine.plain_data import PlainDataError, pack, unpack
from utils.checks.engine.report import Report
from utils.checks.engine.untrusted import readable

_LENGTH = 8  # bytes, little-endian: see utils.checks.engine.protocol
_MOST_DESCRIBED = 8 * 2**20  # bytes of JSON in all answers, which take up to fifty times as much once read


class ProtocolViolation(Exception):
    """The student's process sent what no check of ours sends. The text says what, in a few words."""


class CannotCompare(ProtocolViolation):
    """What the student's code returns cannot be compared with anything. The text quotes nothing of it."""


@dataclass(frozen=True)
class Raised:
    """The check cell's code raised an error of its own, before or after a check."""

    type_name: str
    message: str


@dataclass
class ServedCheck:
    """What has been heard of one check cell so far."""

    reports: list[Report] = field(default_factory=list)
    hidden: Hidden = "not reached"
    raised: Raised | None = None
    ready_made: tuple[str, ...] = ()


class CheckServer:
    """One check cell in front of the judge."""

    def __init__(self, session: CheckSession, checks: Sequence[Check], most: int):
        """Draws the cases and computes what is right, before the clock of the student's code begins.

        Args:
            most: how many bytes all answers of the cell together may have: those of a check's public, or of
                its hidden cases are kept until the last.
        """
        self.heard = ServedCheck()
        self._session = session
        self._most, self._bytes, self._described = most, 0, 0
        self._check_runs = [session.open(check.week, check.name) for check in checks]
        self._opened = 0

    def serve_public(self, end: socket.socket, deadline: Deadline) -> None:
        """Hears the public cases of the cell's first check, and leaves the process waiting for the others.

        When every check of a notebook has come so far, no process of it knows a hidden input yet. What they
        say until then may be shown; copies of one process have many ways to tell each other what they know.

        Raises:
            As `hear`.
        """
        with self._without_words():
            if self._open(0, end, deadline):
                self._ask(self._check_runs[0], end, deadline, hidden=False)
                with self._judging(deadline):
                    self._check_runs[0].report_public()

    def hear(self, end: socket.socket, deadline: Deadline) -> ServedCheck:
        """Hears every check of the cell, from where it stands. What was heard until an error is in `heard`.

        Raises:
            ProtocolViolation, PlainDataError: what came is none of ours.
            Closed, Late: the process ended, or the time is over.
        """
        with self._without_words():
            for place, check_run in enumerate(self._check_runs):
                if not self._open(place, end, deadline):
                    break
                self._ask(check_run, end, deadline, hidden=True)
                self._report(check_run, end, deadline)
        return self.heard

    @contextmanager
    def _without_words(self) -> Iterator[None]:
        """An error that quotes what came must not quote a hidden input."""
        try:
            yield
        except CannotCompare:
            raise
        except (ProtocolViolation, PlainDataError) as error:
            if not self._gave_hidden():
                raise
            raise ProtocolViolation("its process sent what no check sends") from error

    @contextmanager
    def _judging(self, deadline: Deadline) -> Iterator[None]:
        """The judge's own time, and an answer made so that comparing it fails or has no end: that costs its
        own exercise alone.
        """
        try:
            with self._session.clock(deadline):
                yield
        except TookTooLong:
            raise CannotCompare("what it returns takes too long to compare") from None
        except Exception as error:
            raise CannotCompare(f"what it returns cannot be compared ({type(error).__name__})") from error

    def _open(self, place: int, end: socket.socket, deadline: Deadline) -> bool:
        """Whether the process opens that check, or has already."""
        if self.heard.raised:
            return False
        if place < self._opened:
            return True
        check_run, message = self._check_runs[place], self._receive(end, deadline)
        if set(message) == {"raised"}:
            self.heard.raised = _raised(message["raised"], hide=self._gave_hidden())
            return False
        if message != {"open": check_run.name, "week": check_run.week}:
            raise ProtocolViolation("its process asked for another check than its own")
        self._opened += 1
        return True

    def _ask(self, check_run: PublicThenHidden, end: socket.socket, deadline: Deadline, hidden: bool) -> None:
        while (hidden or not check_run.public_is_over) and (inputs := check_run.next_case()) is not None:
            _send(end, {"case": inputs}, deadline)
            message = self._receive(end, deadline)
            if set(message) != {"observation"}:
                raise ProtocolViolation("its check was called once more from inside itself")
            check_run.submit(Observation.from_plain(message["observation"]))

    def _report(self, check_run: PublicThenHidden, end: socket.socket, deadline: Deadline) -> None:
        with self._judging(deadline):
            report, outcome = check_run.report()
        self.heard.ready_made += check_run.ready_made
        self.heard.reports.append(report)
        self.heard.hidden = "failed" if "failed" in (outcome, self.heard.hidden) else outcome
        _send(end, {"report": report.to_plain()}, deadline)

    def _receive(self, end: socket.socket, deadline: Deadline) -> dict[str, Any]:
        length = int.from_bytes(read(end, _LENGTH, deadline), "little")
        self._bytes += length
        if self._bytes > self._most:
            raise ProtocolViolation(
                f"its answers have {self._bytes:,} bytes, where {self._most:,} are the most"
            )
        data = read(end, length, deadline)
        self._described += int.from_bytes(data[:_LENGTH], "little")
        if self._described > _MOST_DESCRIBED:
            raise ProtocolViolation("its answers are made of more parts than any answer is")
        message = unpack(data)
        if not isinstance(message, dict):
            raise ProtocolViolation("its process sent what no check sends")
        return message

    def _gave_hidden(self) -> bool:
        return any(check_run.gave_hidden for check_run in self._check_runs)


def _send(end: socket.socket, message: dict[str, Any], deadline: Deadline) -> None:
    data = pack(message)
    write(end, len(data).to_bytes(_LENGTH, "little") + data, deadline)


def _raised(described: Any, hide: bool) -> Raised:
    """The error as the student's process describes it; without its words, once it may know a hidden input."""
    match described:
        case [str(type_name), str(message)]:
            return Raised("an error", "") if hide else Raised(readable(type_name)[:100], readable(message))
    raise PlainDataError("An error was announced and is not described.")
