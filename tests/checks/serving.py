"""A judge at one end of a channel, as in grading but without a sandbox or hidden cases."""

from typing import Any, BinaryIO

from utils.answers.judge import LocalJudge
from utils.checks.engine.observation import Observation
from utils.checks.engine.plain_data import PlainDataError
from utils.checks.engine.protocol import ChannelClosed, receive, send
from utils.checks.engine.report import Report


def serve(judge: LocalJudge, incoming: BinaryIO, outgoing: BinaryIO) -> list[Report]:
    """Serve the checks of a student's process until it closes the channel; return the reports in order.

    Raises:
        UnknownCheck: the other side asked for a check that does not exist.
        PlainDataError: the other side sent a malformed message.
    """
    reports = []
    while True:
        try:
            check_run = judge.open_named(*map(str, _receive(incoming, "week", "open")))
            while (inputs := check_run.next_case()) is not None:
                send(outgoing, {"case": inputs})
                check_run.submit(Observation.from_plain(*_receive(incoming, "observation")))
            reports.append(check_run.report())
            send(outgoing, {"report": reports[-1].to_plain()})
        except ChannelClosed:
            return reports


def _receive(incoming: BinaryIO, *names: str) -> list[Any]:
    """Receive a message and return its parts of these names.

    Raises:
        PlainDataError: the message has other parts.
    """
    message = receive(incoming)
    if not isinstance(message, dict) or set(message) != set(names):
        raise PlainDataError(f"A message with {' and '.join(names)} was due, and another came.")
    return [message[name] for name in names]
