"""Notes below the table of a graded class: the sandbox's layers and the reference model."""

from collections import Counter
from collections.abc import Iterable, Sequence

from grader.gradebook.results import StudentResult


def notes(results: Sequence[StudentResult]) -> list[str]:
    """Return a line on the layers in force and one on the reference model; workers can differ in both."""
    graded = [result for result in results if result.reference or result.layers]
    if not graded:
        return []
    layers = Counter(", ".join(result.layers) or "none" for result in graded)
    references = Counter(result.reference for result in graded if result.reference)
    return [f"Layers in force: {_counted(layers)}.", *_reference(references)]


def _reference(references: Counter[str]) -> Iterable[str]:
    return [f"Judged by the reference model {_counted(references)}."] if references else []


def _counted(times: Counter[str]) -> str:
    if len(times) == 1:
        return next(iter(times))
    return "; ".join(f"{what} ({count} of them)" for what, count in times.most_common())
