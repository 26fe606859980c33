"""A answer key: what is right for one check, how nearly, and which mistakes are known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utils.answers.compare import FLOAT32, Tolerance
from utils.answers.short_iteration import ShortIteration
from utils.checks.engine.cases import Case
from utils.checks.engine.check import Check
from utils.checks.engine.isolation import default_torch_state


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation that students write, with its name."""

    name: str
    """Short, as a table of a class's mistakes shows it."""
    says: str
    """What is wrong, in a sentence that a student understands."""
    look_at: str
    """Where to look: a question or a pointer, never the solution."""
    wrong: Any
    """The wrong implementation: whatever the check takes."""


@dataclass(frozen=True)
class AnswerKey:
    """The judge's half of a check."""

    check: Check
    expected: Callable[..., Any]
    """`expected(**inputs)`, from a reference that shares no code with the course."""
    mistakes: tuple[Mistake, ...]
    tolerance: Tolerance = FLOAT32
    observe: Callable[..., Any] | None = None
    """`observe(output, **inputs)`: what of a student's output is compared, where that is not the output
    itself but, say, how often each token was drawn. The student's process only returns the raw values.
    """
    normalise: Callable[[Any], Any] = lambda output: output
    """Brings outputs that are equally right to one form before they are compared."""
    reference: str = "GPT-2"
    """What the expected values come from, as the report names it."""
    outputs: tuple[str, ...] = ()
    """The names of the outputs, when there are several: `q`, `k`, `v`."""
    secret: bool = False
    """Whether the expected values are the solution itself, as in a table to fill in. Then no report shows
    them, and a mistake is recognised from the cases that went wrong alone.
    """

    def expectations(self, cases: Sequence[Case]) -> list[Any]:
        """The expected output of each case."""
        with default_torch_state():
            return [self.normalise(self.expected(**case.inputs)) for case in cases]

    def normalised(self, output: Any, inputs: Mapping[str, Any]) -> Any:
        """A student's output for these inputs in the form in which it is compared; as it is, if `observe` or
        `normalise` cannot take it.
        """
        try:
            with ShortIteration():
                return self.normalise(output if self.observe is None else self.observe(output, **inputs))
        except Exception:  # an output of another type or shape, which the comparison will name
            return output
