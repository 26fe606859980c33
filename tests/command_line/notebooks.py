"""Small notebooks in the course's form, whose kernels need no torch.

Saving one also saves its release: the same cells as they were made, without what a test did to them later.
"""

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.utils import compute_checksum

from utils.checks import MIME, Report
from utils.notebook import released
from utils.weeks import Week

SHOW = f"""
from IPython.display import display

def show(report):
    display({{"text/plain": report["headline"], "{MIME}": report}}, raw=True)
    if not report["passed"]:
        raise ValueError(report["headline"])
"""
"""The source of a set-up cell with a fake check engine: it displays a report and raises if that failed."""


def show(check: str, passed: bool, headline: str, **others) -> str:
    """Return the source of a check cell that displays such a report."""
    report = Report("week05_attention", check, passed, 6, 0 if passed else 4, headline, **others)
    return f"show({report.to_plain()!r})"


def set_up(source: str = SHOW) -> NotebookNode:
    """Return a locked cell of imports."""
    return _released(v4.new_code_cell(source), ["set-up"], "set_up", locked=True)


def work(name: str, source: str) -> NotebookNode:
    """Return a cell that the student fills in; `source` is what they wrote."""
    cell = _released(v4.new_code_cell("raise NotImplementedError()"), ["work"], name, solution=True)
    cell.source = source
    return cell


def look(source: str) -> NotebookNode:
    """Return a demonstration."""
    cell = v4.new_code_cell(source)
    cell.metadata.tags = ["look", "raises-exception"]
    return _kept(cell)


def check(name: str, source: str, points: float, kind: str = "core") -> NotebookNode:
    """Return a check cell."""
    cell = v4.new_code_cell(source)
    return _released(cell, ["check", kind], f"check_{name}", grade=True, locked=True, points=points)


def written(name: str, points: float, answer: str = "") -> NotebookNode:
    """Return an answer in words; an empty one is as released."""
    cell = _released(v4.new_markdown_cell("YOUR ANSWER"), [], name, grade=True, solution=True, points=points)
    cell.source = answer or cell.source
    return cell


def task(name: str, points: float) -> NotebookNode:
    """Return a task, which the student answers below it."""
    return _released(v4.new_markdown_cell("Explain."), [], name, locked=True, task=True, points=points)


def save(week: Week, folder: Path, *cells: NotebookNode, **metadata) -> Path:
    """Write the cells as `week`'s notebook under `folder`, which holds the weeks' folders."""
    path = folder / week.folder / f"{week.notebook}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=list(cells), metadata=metadata), path)
    release(week, *cells)
    return path


def release(week: Week, *cells: NotebookNode) -> None:
    """Release the cells as `week`'s notebook, in their original state and without a student's own cells."""
    made: dict[object, NotebookNode] = {}
    for cell in cells:
        if id(cell) in _ORIGINALS:  # of two with one name the first is the release's
            name = released.nbgrader_metadata(cell).get("grade_id")
            made.setdefault(name or id(cell), _ORIGINALS[id(cell)])
    released.FOLDER.mkdir(parents=True, exist_ok=True)
    notebook = v4.new_notebook(cells=list(made.values()))
    nbformat.write(notebook, released.FOLDER / f"{week.folder}.ipynb")


def edit(path: Path, **changes) -> None:
    """Overwrite top-level entries of a notebook file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _released(cell: NotebookNode, tags: list[str], name: str, **nbgrader) -> NotebookNode:
    plain = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
    cell.metadata.tags = tags
    cell.metadata.nbgrader = {**plain, "grade_id": name, **nbgrader}
    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    return _kept(cell)


_ORIGINALS: dict[int, NotebookNode] = {}
_MADE: list[NotebookNode] = []  # so that no other cell gets the same number


def _kept(cell: NotebookNode) -> NotebookNode:
    _ORIGINALS[id(cell)] = nbformat.from_dict(cell)
    _MADE.append(cell)
    return cell
