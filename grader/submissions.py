"""Why nbgrader could not grade a submission, where its file shows it."""

from collections import Counter
from pathlib import Path
from typing import Any

from utils.notebook_file import BrokenNotebook, read_cells

SCHEMA = 3
"""The version of nbgrader's metadata that the course's notebooks have."""


def problem_of(path: Path) -> str:
    """What is the matter with a notebook that nbgrader refused; empty when its file shows nothing."""
    if not path.is_file():
        return _missing(path)
    try:
        graded = [metadata for metadata in map(_nbgrader, read_cells(path)) if metadata]
    except BrokenNotebook as error:
        what, _, _ = str(error).replace(str(path), path.name).partition(". ")
        return f"{what}; ask for it again."
    return _copies(graded) or _other_schema(graded)


def _missing(path: Path) -> str:
    others = ", ".join(sorted(other.name for other in path.parent.glob("*.ipynb")))
    found = f"; there is {others}: rename it and grade again." if others else "."
    return f"no {path.name} was handed in{found}"


def _nbgrader(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = cell["metadata"].get("nbgrader")
    return metadata if isinstance(metadata, dict) else {}


def _copies(graded: list[dict[str, Any]]) -> str:
    times = Counter(str(metadata.get("grade_id")) for metadata in graded)
    copied = [f"{count} cells named {name}" for name, count in times.items() if count > 1]
    return f"it holds {', '.join(copied)}: delete the copies and grade again." if copied else ""


def _other_schema(graded: list[dict[str, Any]]) -> str:
    other = [str(metadata.get("grade_id")) for metadata in graded if metadata.get("schema_version") != SCHEMA]
    return f"nbgrader's metadata of {', '.join(other)} was changed; ask for it again." if other else ""
