"""The judge at the other end of two byte streams, as the student's process sees it.

Each message is a length of eight bytes, little-endian, and then packed plain data. The student's side sends
`open` and attempts; the judge's side answers with cases and, after the last, the report.
"""

from typing import Any, BinaryIO

from utils.checks.engine import plain_data
from utils.checks.engine.check import Check
from utils.checks.engine.observation import Observation, StudentError
from utils.checks.engine.plain_data import PlainDataError, pack, unpack
from utils.checks.engine.report import Report

_LENGTH = 8


class ChannelClosed(EOFError):
    """The other side has gone."""


def send(stream: BinaryIO, message: Any) -> None:
    """Writes one message.

    Raises:
        ChannelClosed: nobody reads the stream any more.
        PlainDataError: the message exceeds a limit.
    """
    data = pack(message)
    try:
        stream.write(len(data).to_bytes(_LENGTH, "little") + data)
        stream.flush()
    except BrokenPipeError:
        raise ChannelClosed("The other side closed the channel.") from None


def receive(stream: BinaryIO) -> Any:
    """Reads one message.

    Raises:
        ChannelClosed: the stream ended.
        PlainDataError: the message is too large or is no plain data.
    """
    length = int.from_bytes(_read(stream, _LENGTH), "little")
    if length > plain_data.MAX_BYTES:
        raise PlainDataError(
            f"A message of {length:,} bytes was announced; at most {plain_data.MAX_BYTES:,} are read."
        )
    return unpack(_read(stream, length))


def _read(stream: BinaryIO, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:  # an unbuffered pipe gives what it has
        piece = stream.read(length - len(data))
        if not piece:
            raise ChannelClosed("The other side closed the channel.")
        data += piece
    return bytes(data)


class RemoteJudge:
    """A judge in another process."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO):
        self.incoming = incoming
        self.outgoing = outgoing

    def open(self, check: Check) -> "RemoteCheckRun":
        """Begins a check."""
        send(self.outgoing, {"open": check.name, "week": check.week})
        return RemoteCheckRun(self)


class RemoteCheckRun:
    """One check in front of a judge in another process."""

    def __init__(self, judge: RemoteJudge):
        self.judge = judge
        self._report: Report | None = None

    def next_case(self) -> dict[str, Any] | None:
        """The inputs of the next case, or None after the last."""
        answer = receive(self.judge.incoming)
        if "report" in answer:
            self._report = Report.from_plain(answer["report"])
            return None
        return answer["case"]

    def submit(self, observation: Observation) -> None:
        """Sends what came of the case."""
        try:
            send(self.judge.outgoing, {"observation": observation.to_plain()})
        except PlainDataError as problem:
            error = StudentError("PlainDataError", f"What it returns cannot be sent. {problem}", misuse=True)
            send(self.judge.outgoing, {"observation": Observation(error=error).to_plain()})

    def report(self) -> Report:
        """Returns the report, which the judge sent instead of another case."""
        if self._report is None:
            raise ChannelClosed("The judge has not reported yet: ask for cases until there are none.")
        return self._report
