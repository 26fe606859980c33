"""The check engine, on the student's side: what a check is, and how one is run.

A check is a value. It says which cases to try and how to call the student's code. It does not know what is
right: a judge does. In a notebook the judge lives in the same process (`utils.answers`); when grading it
lives in another, and only plain data crosses.
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
"""What a check makes of a side effect: nothing, a note in the report, or a failure."""


@dataclass(frozen=True)
class Check:
    """One question put to the student's code. Call it with the student's function, class or value."""

    name: str
    """The exercise's name."""
    week: str
    """The week's folder, `week05_attention`."""
    question: str
    """What the check asks, in a sentence: it stands in the report when the code raises an error."""
    cases: Callable[[Draw], list[Case]]
    """The cases that a seed draws."""
    run: Callable[..., Any]
    """`run(submission, **inputs)`: the only line that touches the student's code. Returns plain data."""
    forbidden: tuple[str, ...] = ()
    """Full names of ready-made functions that would do the exercise's work."""
    changes_inputs: Policy = "noted"
    """Changing an input in place."""
    shares_memory: Policy = "allowed"
    """Returning a tensor that shares an input's memory."""
    random_state: Policy = "noted"
    """Moving or reseeding a global random generator."""

    on_accelerator: bool = False
    """Whether the code must keep to its inputs' device: asked of functions that make tensors of their own."""

    def __call__(self, submission: Any) -> None:
        """Runs the check and shows its report. Raises only where a grade is made.

        Raises:
            CheckFailed: the check did not pass, and the environment says that this run is graded.
            CheckStopped: the user stopped it.
        """
        report = self._examine_and_show(submission)
        if not report.passed and os.environ.get("NBGRADER_EXECUTION"):
            raise CheckFailed(report)

    def examine(self, submission: Any, judge: "Judge | None" = None) -> Report:
        """Runs the check and returns its report. `judge` is the one in force unless another is given."""
        return self._hear(submission, (judge or current_judge()).open(self))

    def _examine_and_show(self, submission: Any) -> Report:
        check_run = current_judge().open(self)
        show, end = _display, _nothing
        if in_a_notebook():
            card = StillRunning(self.name, lambda: getattr(check_run, "case", ""))
            show, end = card.show, card.end
        try:
            report = self._hear(submission, check_run)
        except CheckStopped as stopped:
            show(stopped.report)
            hide_stack()
            raise
        finally:
            end()
        show(report)
        return report

    def _hear(self, submission: Any, check_run: "CheckRun") -> Report:
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
        """One call of the student's code, watched and written down. One case, the first, is enough to ask
        whether the code keeps to its inputs' device.
        """
        return observe(self.run, submission, inputs, self.forbidden, first and self.on_accelerator)

    def draw_cases(self, seed: int = PUBLIC_SEED) -> list[Case]:
        """The cases of a seed. Each check draws its own, whatever other checks have drawn."""
        with default_torch_state():
            return self.cases(Draw(seed))


class CheckRun(Protocol):
    """One check in front of a judge."""

    def next_case(self) -> dict[str, Any] | None:
        """The inputs of the next case, or None after the last."""

    def submit(self, observation: Observation) -> None:
        """What came of the case."""

    def report(self) -> Report:
        """Returns the report, after the last case."""


class Judge(Protocol):
    """Whoever knows what is right."""

    def open(self, check: Check) -> CheckRun:
        """Begins a check."""


_judge: Judge | None = None


def current_judge() -> Judge:
    """The judge in force: the one of this process, unless `use_judge` named another."""
    global _judge
    if _judge is None:
        _judge = importlib.import_module("utils.answers.judge").LocalJudge()
    return _judge


def use_judge(judge: Judge | None) -> None:
    """Puts every check of this process before `judge`; None for this process's own."""
    global _judge
    _judge = judge


def _nothing() -> None:
    """Does nothing: there is nothing to end."""


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
