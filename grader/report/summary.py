"""What is to be said of a graded class beside its table: what protected the machine, and who judged."""

from collections import Counter
from collections.abc import Iterable, Sequence

from grader.gradebook.results import StudentResult


def notes(results: Sequence[StudentResult]) -> list[str]:
    """Layers in force and reference, a line each. More than one of either is counted: workers can differ."""
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
