"""The answer key of one check: its expected values, their tolerance and the known mistakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utils.answers.compare import FLOAT32, Tolerance, type_name
from utils.answers.short_iteration import ShortIteration
from utils.checks.engine.cases import Case
from utils.checks.engine.check import Check
from utils.checks.engine.isolation import default_torch_state
from utils.checks.engine.plain_data import NotPlain


@dataclass(frozen=True, eq=False)  # two mistakes are the same only if they are one object
class Mistake:
    """A mistake that students make, recognised by what it gives on the public cases.

    The program that makes it is in `solutions/`, as an edit of the official solution.
    """

    name: str
    """A short label, as a class's table of mistakes shows it."""
    explanation: str
    """A sentence for the student that says what is wrong."""
    look_at: str
    """A question or a pointer for the student, never the solution."""
    results: tuple[str, ...] = ()
    """The fingerprint of its result on each public case, an empty text where it has none."""
    device: str = ""
    """The digest of what goes wrong on an accelerator in the first public case, if anything does."""


@dataclass(frozen=True)
class AnswerKey:
    """The part of a check that only the judge has."""

    check: Check
    expected: Callable[..., Any]
    """`expected(**inputs)` returns the right output, from a reference that shares no code with the course."""
    mistakes: tuple[Mistake, ...] = ()
    """From the week's `mistakes.json`, which `course build` makes from `solutions/weekNN_*/mistakes.md`."""
    public_inputs: tuple[str, ...] = ()
    """The fingerprint of each public case's inputs, on which the mistakes' results rest."""
    tolerance: Tolerance = FLOAT32
    observe: Callable[..., Any] | None = None
    """`observe(output, **inputs)` returns the value to compare where that is not the output itself but, say,
    the frequency of each token drawn. The student's process only returns the raw values.
    """
    normalise: Callable[[Any], Any] = lambda output: output
    """Maps equally right outputs to one form, in which they are compared."""
    reference: str = "GPT-2"
    """The source of the expected values, as the report names it."""
    outputs: tuple[str, ...] = ()
    """The names of the outputs if there are several: `q`, `k`, `v`."""
    secret: bool = False
    """True if the expected values are the solution itself, as in a table to fill in. Then no report shows
    them, and a mistake is recognised from the failed cases alone.
    """

    def expectations(self, cases: Sequence[Case]) -> list[Any]:
        """Returns the expected output of each case, normalised."""
        with default_torch_state():
            return [self.normalise(self.expected(**case.inputs)) for case in cases]

    def normalised(self, output: Any, inputs: Mapping[str, Any]) -> Any:
        """Returns a student's output for these inputs in the form in which it is compared.

        Where `normalise` raises an error it is the output unchanged, whose type or shape the comparison
        reports. Where `observe` raises one it is an object that equals nothing: otherwise an output that is
        already what `observe` should find would be taken for it.
        """
        with ShortIteration():
            if self.observe is not None:
                try:
                    output = self.observe(output, **inputs)
                except Exception:
                    return NotPlain(type_name(output))
            try:
                return self.normalise(output)
            except Exception:
                return output
