"""A check, and how one is run on the student's side.

A check is a value. It defines the cases and how the student's code is called on one, but not what is right:
that is the judge's part. In a notebook the judge is in the same process (`utils.answers`); in grading it is
in another process, and only plain data is exchanged.
"""

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from utils.checks.engine.cases import PUBLIC_SEED, Case, Draw
from utils.checks.engine.interrupt import CheckStopped, hide_stack
from utils.checks.engine.isolation import default_torch_state
from utils.checks.engine.observation import Observation, observe
from utils.checks.engine.report import CheckFailed, Report
from utils.checks.engine.still_running import StillRunning, in_a_notebook
from utils.checks.engine.student_error import student_error

Policy = Literal["allowed", "noted", "wrong"]
"""How a check treats a side effect: ignored, noted in the report, or a failure."""


@dataclass(frozen=True)
class Check:
    """One question about the student's code. Call it with the student's function, class or value."""

    name: str
    """The exercise's name."""
    week: str
    """The week's folder, `week05_attention`."""
    question: str
    """The question in a sentence, which the report shows when the code raises an error."""
    cases: Callable[[Draw], list[Case]]
    """Draws the cases of a seed."""
    run: Callable[..., Any]
    """`run(submission, **inputs)`: the only function that calls the student's code. Returns plain data."""
    forbidden: tuple[str, ...] = ()
    """Full names of ready-made functions that would do the exercise's work."""
    changes_inputs: Policy = "noted"
    """Changing an input in place."""
    shares_memory: Policy = "allowed"
    """Returning a tensor that shares an input's memory."""
    random_state: Policy = "noted"
    """Moving or reseeding a global random generator."""

    on_accelerator: bool = False
    """Whether the code must stay on its inputs' device: for functions that create tensors."""

    def __call__(self, submission: Any) -> None:
        """Runs the check and shows its report. Raises only in a graded run, where NBGRADER_EXECUTION is set.

        Raises:
            CheckFailed: the check did not pass in a graded run.
            CheckStopped: the user stopped the check.
        """
        report = self._examine_and_show(submission)
        if not report.passed and os.environ.get("NBGRADER_EXECUTION"):
            raise CheckFailed(report)

    def examine(self, submission: Any, judge: "Judge | None" = None) -> Report:
        """Runs the check and returns its report; uses the current judge unless another is given."""
        return self._run_cases(submission, (judge or current_judge()).open(self))

    def _examine_and_show(self, submission: Any) -> Report:
        check_run = current_judge().open(self)
        show: Callable[[Report], None] = _display
        end: Callable[[], None] = _do_nothing
        if in_a_notebook():
            card = StillRunning(self.name, lambda: getattr(check_run, "case", ""))
            show, end = card.show, card.end
        try:
            report = self._run_cases(submission, check_run)
        except CheckStopped as stopped:
            show(stopped.report)
            hide_stack()
            raise
        finally:
            end()
        report = self._with_trace(submission, report, check_run)
        show(report)
        return report

    def _with_trace(self, submission: Any, report: Report, check_run: "CheckRun") -> Report:
        """Returns the report with the line of the student's code that is wrong, if that is certain.

        Only in a notebook, where the cases are public and the judge is in the same process.
        """
        if report.passed or not report.written or not in_a_notebook():
            return report
        case = importlib.import_module("utils.answers.steps").failed_case(check_run)
        if case is None:
            return report
        return importlib.import_module("utils.checks.trace.card").with_trace(report, case, submission)

    def _run_cases(self, submission: Any, check_run: "CheckRun") -> Report:
        first = True
        try:
            while (inputs := check_run.next_case()) is not None:
                check_run.submit(self.observe(submission, inputs, first))
                first = False
            return check_run.report()
        except KeyboardInterrupt as interrupt:
            if not hasattr(check_run, "stopped") or os.environ.get("NBGRADER_EXECUTION"):
                raise
            where = student_error(interrupt, submission).where
            raise CheckStopped(check_run.stopped(where)) from None

    def observe(self, submission: Any, inputs: dict[str, Any], first: bool = False) -> Observation:
        """Calls the student's code on one case and returns the record of the call.

        The device is tested on the `first` case only: one case is enough to find a tensor on another device.
        """
        return observe(self.run, submission, inputs, self.forbidden, first and self.on_accelerator)

    def draw_cases(self, seed: int = PUBLIC_SEED) -> list[Case]:
        """Returns the cases of a seed, independently of what other checks have drawn."""
        with default_torch_state():
            return self.cases(Draw(seed))


class CheckRun(Protocol):
    """One run of one check by a judge."""

    def next_case(self) -> dict[str, Any] | None:
        """Returns the inputs of the next case, or None after the last."""

    def submit(self, observation: Observation) -> None:
        """Records the observation of the current case."""

    def report(self) -> Report:
        """Returns the report. Called after the last case."""


class Judge(Protocol):
    """A source of cases, and of reports on the observations made on them."""

    def open(self, check: Check) -> CheckRun:
        """Starts a run of the check."""


_judge: Judge | None = None


def current_judge() -> Judge:
    """Returns the judge that runs checks: this process's own, unless `use_judge` has set another."""
    global _judge
    if _judge is None:
        _judge = importlib.import_module("utils.answers.judge").LocalJudge()
    return _judge


def use_judge(judge: Judge | None) -> None:
    """Sets the judge that runs every check of this process; None restores the process's own."""
    global _judge
    _judge = judge


def _do_nothing() -> None:
    pass


def _display(report: Report) -> None:
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(report)
        return
    if get_ipython() is None:
        print(report)
    else:
        display(report)
