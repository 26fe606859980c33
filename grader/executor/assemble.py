"""Puts the notebook together that is graded: the instructor's, with the student's answers by grade_id.

Nothing else of the submission decides anything: no metadata, no tag, no text of a check. A student's own
cells stay where they stood, since honest work may need what they define.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.cells import is_task
from grader.executor import source as of
from grader.executor.definitions import definitions
from grader.executor.source import SourceNotebook
from grader.executor.submission import SubmittedCell, Unreadable
from utils.checks.engine import Check

_MOST_ODD = 30
"""Remarks on one submission: more would bury those on others."""


@dataclass(frozen=True)
class Step:
    """A cell of the notebook that is graded."""

    cell: NotebookNode
    """Without outputs. What it shows is put in when all has run."""
    name: str
    """Its grade_id; for a cell of the student's own, where it stood."""
    is_run: bool = False
    """Whether it runs in the kernel: set-up, work, and a student's own code."""
    is_check: bool = False
    checks: tuple[Check, ...] = ()
    """The course's checks that it calls; a check cell without any holds asserts of the instructor's own."""
    written: bool = True
    """False for an answer that is as it was released, and for a task with nothing below it."""
    is_own: bool = False
    """Whether the whole cell is the student's."""


@dataclass
class Assembled:
    """The notebook that is graded."""

    steps: list[Step]
    odd: list[str] = field(default_factory=list)


def assemble(source: SourceNotebook, submitted: Sequence[SubmittedCell]) -> Assembled:
    """The instructor's cells in their order, the student's answers in them, the student's own cells between.

    Raises:
        Unreadable: the submission is not of this notebook.
    """
    sorting = _Sorting(source)
    for cell in submitted:
        sorting.take(cell)
    named = [cell for cell in submitted if cell.grade_id]
    known = [cell for cell in named if sorting.knows(cell.grade_id)]
    if len(known) <= len(named) / 2:  # weeks have some names in common
        raise Unreadable(
            f"Of the notebook's {len(named)} named cells {len(known)} are of {source.week}: it may be "
            "another week's, or made anew: ask for the released notebook with the answers in it."
        )
    return Assembled(list(sorting.steps()), sorting.all_odd())


class _Sorting:
    """Sorts the submission's cells: which cell of the source each one is, or behind which one it stood."""

    def __init__(self, source: SourceNotebook):
        self._source = source
        self._cells = source.notebook.cells
        named = {of.name_of(cell): place for place, cell in enumerate(self._cells) if of.name_of(cell)}
        self._by_name = named
        self._plain = [place for place, cell in enumerate(self._cells) if place not in named.values()]
        self.found: dict[int, SubmittedCell] = {}
        self._own: dict[int, list[SubmittedCell]] = defaultdict(list)
        self._last = -1
        self.odd: list[str] = []

    def take(self, cell: SubmittedCell) -> None:
        """Sorts the next cell of the submission."""
        if cell.grade_id in self._by_name:
            self._take_named(cell, self._by_name[cell.grade_id])
            return
        place = self._place_of_plain(cell)
        if place is not None:
            self.found[place], self._last = cell, place
            return
        if cell.grade_id:
            shown = cell.grade_id[:60]
            self.odd.append(f"cell {cell.number} calls itself {shown!r}, which the notebook does not have")
        self._own[self._last].append(cell)

    def _take_named(self, cell: SubmittedCell, place: int) -> None:
        if place in self.found:
            first = self.found[place].number
            self.odd.append(f"{cell.grade_id} is there again in cell {cell.number}: cell {first} counts")
            return
        self.found[place], self._last = cell, place
        if cell.kind != self._cells[place].cell_type:
            self.odd.append(f"{cell.grade_id} is a {cell.kind} cell: taken as {self._cells[place].cell_type}")

    def _place_of_plain(self, cell: SubmittedCell) -> int | None:
        """Which of the source's texts and demonstrations the cell is: by its id, else by what it says."""
        free = [place for place in self._plain if place not in self.found]
        for place in free:
            if cell.cell_id and cell.cell_id == self._cells[place].get("id"):
                return place
        for place in free:
            if (cell.kind, cell.source) == (self._cells[place].cell_type, self._cells[place].source):
                return place
        return None

    def knows(self, name: str) -> bool:
        """Whether the source has a cell of that name."""
        return name in self._by_name

    def all_odd(self) -> list[str]:
        """What was odd, with the cells that are missing."""
        missing = [name for name, place in self._by_name.items() if place not in self.found]
        odd = [*self.odd, *(f"{name} is missing: taken as it was released" for name in missing)]
        more = len(odd) - _MOST_ODD
        return odd if more <= 0 else [*odd[:_MOST_ODD], f"and {more:,} more remarks like these"]

    def steps(self) -> Iterator[Step]:
        """The cells of the notebook that is graded, in order."""
        yield from self._own_steps(-1)
        for place, cell in enumerate(self._cells):
            step = _source_step(self._source, cell, self.found.get(place))
            if is_task(cell):  # it is answered below it, in cells of the student's own
                step = replace(step, written=any(own.source.strip() for own in self._own[place]))
            yield step
            if of.is_look(cell) and place in self.found and self.found[place].source != cell.source:
                yield from _definitions(self.found[place])
            yield from self._own_steps(place)

    def _own_steps(self, place: int) -> Iterator[Step]:
        for submitted in self._own[place]:
            yield _own_step(submitted)
            if "look" in submitted.tags:
                yield from _definitions(submitted)


def _source_step(source: SourceNotebook, cell: NotebookNode, submitted: SubmittedCell | None) -> Step:
    released = cell.source
    cell = _empty(cell)
    if submitted is not None and of.is_answer(cell):
        cell.source = submitted.source
        _attach(cell, submitted)
    code = cell.cell_type == "code"
    return Step(
        cell=cell,
        name=of.name_of(cell),
        is_run=code and not of.is_check(cell) and not of.is_look(cell),
        is_check=of.is_check(cell),
        checks=source.checks_of(cell) if of.is_check(cell) else (),
        written=cell.source != released,
    )


def _own_step(submitted: SubmittedCell) -> Step:
    new = new_code_cell if submitted.kind == "code" else new_markdown_cell
    cell = new(source=submitted.source, id=f"own-{submitted.number}")
    _attach(cell, submitted)
    runs = submitted.kind == "code" and "look" not in submitted.tags
    return Step(cell, f"cell {submitted.number}", is_run=runs, is_own=True)


def _definitions(look: SubmittedCell) -> Iterator[Step]:
    """What a student has defined in a demonstration, which does not run itself: an answer may need it."""
    found = definitions(look.source) if look.kind == "code" else ""
    if found:
        cell = new_code_cell(source=f"# defined in cell {look.number}\n{found}", id=f"own-{look.number}-d")
        yield Step(cell, f"cell {look.number}", is_run=True, is_own=True)


def _attach(cell: NotebookNode, submitted: SubmittedCell) -> None:
    """Pictures that were pasted into a text belong to the answer."""
    if cell.cell_type == "markdown" and submitted.attachments:
        cell.attachments = submitted.attachments


def _empty(cell: NotebookNode) -> NotebookNode:
    cell = deepcopy(cell)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell
