"""Validates a week's source. Each rule yields a sentence for each violation."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator

from nbformat import NotebookNode

from grader.build.source import Source
from grader.build.stretch_points import problems_of_points
from grader.notebook.cells import (
    BEGIN,
    BEGIN_SCHEME,
    END,
    END_SCHEME,
    KINDS,
    grade_id,
    grading,
    is_graded,
    is_kind,
    is_part,
    is_task,
    kinds,
    plain_python,
    tags,
)
from utils.errors import CourseError

CORE_POINTS = 100
"""The sum of a week's core points; stretch and written answers are additional."""

_FLAGS = {
    "set-up": {"grade": False, "solution": False, "locked": True},
    "work": {"grade": False, "solution": True, "locked": False},
    "check": {"grade": True, "solution": False, "locked": True},
}
_TASK_FLAGS = {"grade": False, "solution": False, "locked": True, "task": True, "schema_version": 3}


def validate_source(source: Source) -> None:
    """Checks a source against every rule.

    Raises:
        CourseError: a rule is violated; the message has a line for each violation, with file and cell.
    """
    found = list(problems(source))
    if found:
        raise CourseError("\n".join(found))


def problems(source: Source) -> Iterator[str]:
    """Yields all violations: cell by cell, then those of the whole notebook."""
    for position, cell in enumerate(source.notebook.cells):
        rules = _TEXT_RULES if cell.cell_type != "code" else _CODE_RULES
        for rule in rules + (() if source.parts_only else _GRADED_RULES):
            yield from (f"{source.place(position)}: {problem}" for problem in rule(cell))
    yield from _same_names(source)
    if not source.parts_only:
        yield from _below_a_task(source)
        yield from _work_without_check(source)
        yield from _core_points(source)
        for position, problem in problems_of_points(source.notebook.cells):
            yield f"{source.place(position)}: {problem}"


def _header(cell: NotebookNode) -> Iterator[str]:
    broken = "incorrectly_encoded_metadata" in cell.metadata or "nbgrader" in cell.metadata.get("title", "")
    if broken or not isinstance(cell.metadata.get("nbgrader", {}), dict):
        yield "the metadata after `# %%` cannot be read; it must be key=value with values in JSON."
    if cell.cell_type == "raw":
        yield "a raw cell has no place here; on top of the file, it is a header that is not YAML."


def _one_kind(cell: NotebookNode) -> Iterator[str]:
    if len(kinds(cell)) != 1:
        named = " and ".join(kinds(cell)) or "none"
        yield f"a code cell needs one kind among {', '.join(KINDS)} in its tags; it has {named}."


def _parses(cell: NotebookNode) -> Iterator[str]:
    try:
        ast.parse(plain_python(cell))
    except SyntaxError as error:
        yield f"not Python: {error.msg} in its line {error.lineno}."


def _marks(cell: NotebookNode) -> Iterator[str]:
    marks = [mark for line in cell.source.split("\n") for mark in (BEGIN, END) if mark in line]
    if marks and not grading(cell).get("solution") and not is_part(cell):
        yield f"{marks[0]} stands in a cell that is no solution cell."
    if marks != [BEGIN, END] * (len(marks) // 2):
        yield f"its solution marks do not pair up: {', '.join(marks)}."


def _scheme_marks(cell: NotebookNode) -> Iterator[str]:
    scheme = (BEGIN_SCHEME, END_SCHEME)
    marks = [mark for line in cell.source.split("\n") for mark in scheme if mark in line]
    if marks and not is_task(cell):
        yield f"{marks[0]} stands in a cell that is no task."
    if is_task(cell) and marks != list(scheme):
        yield f"a task needs one marking scheme, `### {BEGIN_SCHEME}` to `### {END_SCHEME}`."


def _task_fits(cell: NotebookNode) -> Iterator[str]:
    if not is_task(cell):
        return
    if cell.cell_type != "markdown":
        yield "a task is a markdown cell."
    if any(grading(cell).get(flag) != value for flag, value in _TASK_FLAGS.items()):
        yield f"nbgrader's metadata of a task must be {_TASK_FLAGS}."


def _work_has_region(cell: NotebookNode) -> Iterator[str]:
    if is_kind(cell, "work") and BEGIN not in cell.source:
        yield f"a work cell needs a solution region, `### {BEGIN}` to `### {END}`."


def _tags_fit_kind(cell: NotebookNode) -> Iterator[str]:
    if is_kind(cell, "check") and len(tags(cell) & {"core", "stretch"}) != 1:
        yield "a check cell is either core or stretch; tag it with one of the two."
    if is_kind(cell, "look") and "raises-exception" not in tags(cell):
        yield "a look cell needs the tag raises-exception, so that Run All goes on when it fails."
    if is_part(cell) and not is_kind(cell, "work"):
        yield "only a work cell can be a part of later weeks."


def _part_imports(cell: NotebookNode) -> Iterator[str]:
    if is_part(cell) and any(line.startswith(("import ", "from ")) for line in cell.source.split("\n")):
        yield "a part's imports belong in a set-up cell."


def _nbgrader_fits_kind(cell: NotebookNode) -> Iterator[str]:
    if len(kinds(cell)) != 1:
        return
    (kind,) = kinds(cell)
    if kind == "look":
        if grading(cell):
            yield "a look cell has no nbgrader metadata."
        return
    wrong = [flag for flag, value in _FLAGS[kind].items() if grading(cell).get(flag) is not value]
    if wrong or grading(cell).get("schema_version") != 3:
        yield f"nbgrader's metadata of a {kind} cell must be {_FLAGS[kind]} with schema_version 3."


def _named(cell: NotebookNode) -> Iterator[str]:
    name = grade_id(cell)
    if grading(cell) and not (isinstance(name, str) and name.replace("-", "_").isidentifier()):
        yield f"its grade_id {name!r} must be made of letters, digits, - and _."


def _points(cell: NotebookNode) -> Iterator[str]:
    points = grading(cell).get("points", 0)
    if is_graded(cell) and not (isinstance(points, int) and points > 0):
        yield f"its points must be a whole number above 0, not {points!r}."


Rule = Callable[[NotebookNode], Iterator[str]]
_TEXT_RULES: tuple[Rule, ...] = (_header, _marks, _scheme_marks, _task_fits)
_CODE_RULES: tuple[Rule, ...] = (*_TEXT_RULES, _one_kind, _parses, _tags_fit_kind, _part_imports)
_GRADED_RULES: tuple[Rule, ...] = (_work_has_region, _nbgrader_fits_kind, _named, _points)


def _same_names(source: Source) -> Iterator[str]:
    names = Counter(filter(None, map(grade_id, source.notebook.cells)))
    twice = [name for name, times in names.items() if times > 1]
    if twice:
        yield f"{source.label}: grade_ids must differ; twice or more: {', '.join(twice)}."


def _below_a_task(source: Source) -> Iterator[str]:
    """Requires a task to be the last cell, so that every cell below it is the student's."""
    for place, cell in enumerate(source.notebook.cells[:-1]):
        if is_task(cell):
            yield f"{source.place(place)}: a task is the last cell: below it stands the student's answer."


def _work_without_check(source: Source) -> Iterator[str]:
    cells = source.notebook.cells
    steps = [position for position, cell in enumerate(cells) if {"work", "check"} & set(kinds(cell))]
    for here, following in zip(steps, [*steps[1:], None], strict=True):
        if is_kind(cells[here], "work") and (following is None or not is_kind(cells[following], "check")):
            yield f"{source.place(here)}: no check cell comes after it, before the next work cell."


def _core_points(source: Source) -> Iterator[str]:
    core = [cell for cell in source.notebook.cells if is_kind(cell, "check") and "core" in tags(cell)]
    total = sum(grading(cell).get("points", 0) for cell in core)
    if total != CORE_POINTS:
        yield f"{source.label}: its core checks add up to {total} points; they must add up to {CORE_POINTS}."
