"""Runs the facts, one after the other, and says of each whether ours is the published value."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from utils.errors import CourseError
from utils.reference import Reference
from utils.verification.agreement import agrees
from utils.verification.facts import Fact
from utils.verification.machine import Machine
from utils.verification.measures import MEASURES, Say
from utils.verification.parts import PartMissing, Parts

State = Literal["agrees", "differs", "waits", "error", "unknown", "not run"]


@dataclass(frozen=True)
class Outcome:
    """What came of one fact."""

    fact: Fact
    state: State
    """`waits`: a part is missing; `unknown`: another value than one that was published from memory."""
    ours: Any = None
    """Our value, in the form of the published one; None where there is none."""
    reason: str = ""
    """Why there is no value."""


def verify(
    facts: Sequence[Fact],
    parts: Parts,
    reference: Reference,
    begin: Callable[[int, Fact], Say] = lambda number, fact: lambda text: None,
) -> Iterator[Outcome]:
    """Yields the outcome of each fact, in order.

    Args:
        facts: what is compared.
        parts: the parts that compute our values.
        reference: the weights.
        begin: is called before each fact with its place and the fact, and returns a function that long
            measures call with their progress.
    """
    machine = Machine(parts, reference)
    for number, fact in enumerate(facts):
        yield _outcome(machine, fact, begin(number, fact))


def _outcome(machine: Machine, fact: Fact, say: Say) -> Outcome:
    if fact.kind not in MEASURES:
        return Outcome(fact, "not run", reason=fact.note)
    try:
        ours = MEASURES[fact.kind](machine, fact, say)
    except PartMissing as missing:
        return Outcome(fact, "waits", reason=str(missing))
    except CourseError as error:
        return Outcome(fact, "error", reason=str(error))
    except Exception as error:  # a student's part may do anything; the other facts are run all the same
        return Outcome(fact, "error", reason=f"{type(error).__name__}: {error}")
    if agrees(fact, ours):
        return Outcome(fact, "agrees", ours)
    return Outcome(fact, "unknown" if fact.from_memory else "differs", ours)
