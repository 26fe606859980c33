"""The report on a check that its user has interrupted: the case and the line that it had reached."""

from collections.abc import Sequence

from utils.answers.answer_key import AnswerKey
from utils.answers.diagnosis import describe_inputs
from utils.checks.engine.cases import Case
from utils.checks.engine.report import Report

_ENDLESS = "does what runs in that line come to an end? Print, in the loop, what its condition looks at"


def stopped_report(answer_key: AnswerKey, cases: Sequence[Case], done: int, where: Sequence[str]) -> Report:
    """Returns the report on a check that was interrupted.

    Args:
        done: The number of cases finished by then.
        where: The student's own lines that were being run, innermost last.
    """
    check = answer_key.check
    lines: tuple[tuple[str, str], ...] = ()
    if done == len(cases):
        headline = "stopped while the results were compared: run it again"
    else:
        headline = f"stopped in case {done + 1} of {len(cases)}"
        lines = (
            ("case", cases[done].label),
            ("question", check.question),
            ("inputs", describe_inputs(cases[done].inputs)),
            ("where", "\n".join(where) or "(not in your own code)"),
            *([("look at", _ENDLESS)] if where else []),
        )
    return Report(check.week, check.name, False, len(cases), 0, headline, lines)
