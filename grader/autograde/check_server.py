"""Serves one check cell: gives its cases to the student's process and judges the answers, all untrusted.

The process on the other side was made for this cell alone, so everything that it sends is about this cell.
It may open each of the cell's own checks once, in order; anything else ends the check run.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from grader.autograde.check_session import CheckSession, PublicThenHidden
from grader.autograde.judge_time_limit import TookTooLong
from grader.autograde.task import Hidden
from grader.kernels.messages import Deadline, read, write
from utils.checks.engine.check import Check
from utils.checks.engine.observation import Observation
from utils.checks.engine.plain_data import PlainDataError, pack, unpack
from utils.checks.engine.report import Report
from utils.checks.engine.untrusted import readable

_LENGTH = 8  # bytes, little-endian: see utils.checks.engine.protocol
_MAX_JSON_BYTES = 8 * 2**20  # in all answers: parsed, they take up to fifty times as much


class ProtocolViolation(Exception):
    """The student's process sent what no check of the course sends. The message says what, in a few words."""


class CannotCompare(ProtocolViolation):
    """The output of the student's code cannot be compared with anything. The message quotes nothing of it."""


@dataclass(frozen=True)
class Raised:
    """The check cell's code raised an error of its own, before or after a check."""

    type_name: str
    message: str


@dataclass
class ServedCheck:
    """The results of one check cell so far."""

    reports: list[Report] = field(default_factory=list)
    hidden: Hidden = "not reached"
    raised: Raised | None = None
    ready_made: tuple[str, ...] = ()


class CheckServer:
    """The judge's side of one check cell."""

    def __init__(self, session: CheckSession, checks: Sequence[Check], max_bytes: int):
        """Draws the cases and computes the expected values, before the time of the student's code begins.

        Args:
            session: the judge for the submission.
            checks: the checks that the cell calls, in order.
            max_bytes: of all answers of the cell together: a check's public answers, and later its hidden
                ones, are kept until the last of them.
        """
        self.result = ServedCheck()
        self._session = session
        self._max_bytes, self._bytes, self._json_bytes = max_bytes, 0, 0
        self._check_runs = [session.open(check.week, check.name) for check in checks]
        self._opened = 0

    def serve_public(self, end: socket.socket, deadline: Deadline) -> None:
        """Serves the public cases of the cell's first check, and leaves the process waiting for the others.

        Copies of one process can share what they know in many ways. So every check of a notebook comes this
        far before any process is given a hidden input, and what they print until then may be shown.

        Raises:
            As `serve`.
        """
        with self._without_quotes():
            if self._open(0, end, deadline):
                self._ask(self._check_runs[0], end, deadline, hidden=False)
                with self._judging(deadline):
                    self._check_runs[0].report_public()

    def serve(self, end: socket.socket, deadline: Deadline) -> ServedCheck:
        """Serves every check of the cell. After an error, `result` holds the results before it.

        Raises:
            ProtocolViolation, PlainDataError: the process sent something that no check sends.
            StreamClosed, StreamTimeout: the process ended, or the time is over.
        """
        with self._without_quotes():
            for place, check_run in enumerate(self._check_runs):
                if not self._open(place, end, deadline):
                    break
                self._ask(check_run, end, deadline, hidden=True)
                self._report(check_run, end, deadline)
        return self.result

    @contextmanager
    def _without_quotes(self) -> Iterator[None]:
        """Replaces an error that may quote a hidden input."""
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
        """Counts the time inside as the judge's own, and turns an error of comparing into a `CannotCompare`.

        An answer may be made so that comparing it fails or does not end: that costs its own exercise alone.
        """
        try:
            with self._session.clock(deadline):
                yield
        except TookTooLong:
            raise CannotCompare("what it returns takes too long to compare") from None
        except Exception as error:
            raise CannotCompare(f"what it returns cannot be compared ({type(error).__name__})") from error

    def _open(self, place: int, end: socket.socket, deadline: Deadline) -> bool:
        """Returns whether the process opens that check, or has already."""
        if self.result.raised:
            return False
        if place < self._opened:
            return True
        check_run, message = self._check_runs[place], self._receive(end, deadline)
        if set(message) == {"raised"}:
            self.result.raised = _raised(message["raised"], hide=self._gave_hidden())
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
        self.result.ready_made += check_run.ready_made
        self.result.reports.append(report)
        self.result.hidden = "failed" if "failed" in (outcome, self.result.hidden) else outcome
        _send(end, {"report": report.to_plain()}, deadline)

    def _receive(self, end: socket.socket, deadline: Deadline) -> dict[str, Any]:
        length = int.from_bytes(read(end, _LENGTH, deadline), "little")
        self._bytes += length
        if self._bytes > self._max_bytes:
            raise ProtocolViolation(
                f"its answers have {self._bytes:,} bytes, where {self._max_bytes:,} are the most"
            )
        data = read(end, length, deadline)
        self._json_bytes += int.from_bytes(data[:_LENGTH], "little")
        if self._json_bytes > _MAX_JSON_BYTES:
            raise ProtocolViolation("its answers are made of more parts than any answer is")
        message = unpack(bytes(data))
        if not isinstance(message, dict):
            raise ProtocolViolation("its process sent what no check sends")
        return message

    def _gave_hidden(self) -> bool:
        return any(check_run.gave_hidden for check_run in self._check_runs)


def _send(end: socket.socket, message: dict[str, Any], deadline: Deadline) -> None:
    data = pack(message)
    write(end, len(data).to_bytes(_LENGTH, "little") + data, deadline)


def _raised(described: Any, hide: bool) -> Raised:
    """Returns the error that the student's process describes; without its message where `hide` is set."""
    match described:
        case [str(type_name), str(message)]:
            return Raised("an error", "") if hide else Raised(readable(type_name)[:100], readable(message))
    raise PlainDataError("An error was announced and is not described.")
