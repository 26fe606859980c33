"""The protocol between a student's process and a judge in another one, over two byte streams.

A message is its length in eight bytes, little-endian, followed by packed plain data. The student's side sends
`open` and observations; the judge's side answers with cases and, after the last, the report.
"""

from typing import Any, BinaryIO

from utils.checks.engine import plain_data
from utils.checks.engine.check import Check
from utils.checks.engine.observation import Observation, StudentError
from utils.checks.engine.plain_data import PlainDataError, pack, unpack
from utils.checks.engine.report import Report

_LENGTH = 8  # bytes


class ChannelClosed(EOFError):
    """The other side has closed its end of the channel, or has exited."""


def send(stream: BinaryIO, message: Any) -> None:
    """Writes one message.

    Raises:
        ChannelClosed: the stream's reader has gone.
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
        ChannelClosed: the stream has ended.
        PlainDataError: the message is too large or is not plain data.
    """
    length = int.from_bytes(_read(stream, _LENGTH), "little")
    if length > plain_data.MAX_BYTES:
        raise PlainDataError(
            f"A message of {length:,} bytes was announced; at most {plain_data.MAX_BYTES:,} are read."
        )
    return unpack(_read(stream, length))


def _read(stream: BinaryIO, length: int) -> bytes:
    """Reads exactly `length` bytes.

    Raises:
        ChannelClosed: the stream ended before.
    """
    data = bytearray()
    while len(data) < length:  # one read of an unbuffered pipe may return less
        chunk = stream.read(length - len(data))
        if not chunk:
            raise ChannelClosed("The other side closed the channel.")
        data += chunk
    return bytes(data)


class RemoteJudge:
    """A judge in another process."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO):
        self.incoming = incoming
        self.outgoing = outgoing

    def open(self, check: Check) -> "RemoteCheckRun":
        """Starts a run of the check at the judge."""
        send(self.outgoing, {"open": check.name, "week": check.week})
        return RemoteCheckRun(self)


class RemoteCheckRun:
    """One run of one check by a judge in another process."""

    def __init__(self, judge: RemoteJudge):
        self.judge = judge
        self._report: Report | None = None

    def next_case(self) -> dict[str, Any] | None:
        """Receives the inputs of the next case; returns None if the judge has sent the report instead."""
        answer = receive(self.judge.incoming)
        if "report" in answer:
            self._report = Report.from_plain(answer["report"])
            return None
        return answer["case"]

    def submit(self, observation: Observation) -> None:
        """Sends the observation of the current case, or an error if it is too large to send."""
        try:
            send(self.judge.outgoing, {"observation": observation.to_plain()})
        except PlainDataError as too_large:
            message = f"What it returns cannot be sent. {too_large}"
            error = StudentError("PlainDataError", message, misuse=True)
            send(self.judge.outgoing, {"observation": Observation(error=error).to_plain()})

    def report(self) -> Report:
        """Returns the report, which the judge has sent instead of another case.

        Raises:
            ChannelClosed: the judge has not reported yet.
        """
        if self._report is None:
            raise ChannelClosed("The judge has not reported yet: ask for cases until there are none.")
        return self._report
