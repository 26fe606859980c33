"""Assembly of the notebook that is run: the released cells with the student's answers in them.

Nothing else in a submission has an effect: no metadata, no tag, no changed text of a check. A student's own
cells keep their positions, since honest work may need what they define.
"""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from utils.notebook.code import additions, binds, definitions, is_prose, one_notebook, parsed, same_code
from utils.notebook.matching import Matched, match
from utils.notebook.released import ReleasedCell, Role
from utils.notebook.submitted import SubmittedCell, Unreadable

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAX_REMARKS = 30
"""Remarks on one submission: more would bury those on others."""
_MISSING_NAME = re.compile(r"name '(\w+)' is not defined")
_MIN_RECOGNISED = 1 / 4
"""Share of the released notebook's named cells. Two weeks have about a sixth in common."""


@dataclass(frozen=True)
class Step:
    """A cell of the notebook that is run."""

    cell: "NotebookNode"
    """Without outputs; they are added after the run."""
    name: str
    """Its grade_id; for a cell of the student's own, its position, as in `cell 7`."""
    role: Role | None
    """Its role in the released notebook; None for a cell of the student's own."""
    pieces: tuple[str, ...] = ()
    """The code that runs, each piece as a cell of its own; empty for text and demonstrations. A check has its
    call."""
    written: bool = True
    """False for an answer that is as released, and for a task with nothing below it."""
    number: int = 0
    """Its position in the submission, counted from 1; 0 if it is not there."""

    @property
    def is_own(self) -> bool:
        """True if the whole cell is the student's."""
        return self.role is None

    @property
    def is_check(self) -> bool:
        """True if its run decides its points."""
        return self.role == "check"

    @property
    def is_run(self) -> bool:
        """True if it is run and is not a check: set-up, answers, and a student's own code."""
        return bool(self.pieces) and not self.is_check

    @property
    def is_students(self) -> bool:
        """True if its text is the student's."""
        return self.is_own or (self.role in ("answer", "written") and self.written)


@dataclass
class AssembledNotebook:
    """The notebook that is run, and remarks on the submission."""

    steps: list[Step]
    remarks: list[str] = field(default_factory=list)
    """What is unusual about the submission, a phrase each."""
    unwritten: frozenset[str] = frozenset()
    """Names that no cell defines because their answers are not written."""


def is_unwritten(error: str, message: str, unwritten: frozenset[str]) -> bool:
    """True if the error that ended a check means that its answer is not written.

    That is a stub's NotImplementedError, or the NameError of a name that no cell defines.

    Args:
        error: The name of the exception's class.
    """
    missing = _MISSING_NAME.match(message) if error == "NameError" else None
    return error == "NotImplementedError" or (missing is not None and missing[1] in unwritten)


def assemble_notebook(
    week: str, released: Sequence[ReleasedCell], submitted: Sequence[SubmittedCell]
) -> AssembledNotebook:
    """Return the released cells in order, with the student's answers in them and own cells between them.

    Raises:
        Unreadable: The submission is another notebook.
    """
    with one_notebook():
        matched = match(released, submitted)
        _refuse_another(week, released, matched)
        return _Assembly(released, matched).assembled()


def _refuse_another(week: str, released: Sequence[ReleasedCell], matched: Matched) -> None:
    if matched.known > matched.unknown:
        return
    named = [each for each in released if each.name]
    recognised = sum(each.place in matched.found for each in named)
    if recognised > _MIN_RECOGNISED * len(named):
        return
    raise Unreadable(
        f"Of the {len(named)} exercises, checks and other named cells of {week}, {recognised} are in this "
        "notebook: it may be another week's, or made anew. What is needed is the released notebook with the "
        "answers in it."
    )


@dataclass(frozen=True)
class _Words:
    """An answer in words; its text is empty if nothing was written."""

    text: str
    cells: list[SubmittedCell]
    """The cells that it was taken from."""


class _Assembly:
    def __init__(self, released: Sequence[ReleasedCell], matched: Matched):
        self._released, self._matched = released, matched
        self._remarks = list(matched.remarks)
        self._as_words: set[int] = set()  # own cells that are a part of an answer in words
        self._early: dict[int, list[SubmittedCell]] = _early(released, matched)

    def assembled(self) -> AssembledNotebook:
        """Return all steps, in order, with the remarks."""
        words = {each.place: self._words(each) for each in self._released if each.role == "written"}
        steps = list(self._steps(words))
        steps, unwritten = self._with_answers_from_elsewhere(steps)
        missing = [each for each in self._released if each.name and each.place not in self._matched.found]
        self._remarks += [self._missing(each, words, unwritten) for each in missing]
        return AssembledNotebook(steps, _truncated(list(filter(None, self._remarks))), unwritten)

    def _missing(self, each: ReleasedCell, words: dict[int, "_Words"], unwritten: frozenset[str]) -> str:
        if each.role == "answer":
            return f"{each.name} is missing: nothing runs in its place" if each.defines & unwritten else ""
        if each.role == "written" and words[each.place].text:
            return ""
        return f"{each.name} is missing: taken as it was released"

    # --- In order -------------------------------------------------------------------------------------------

    def _steps(self, words: dict[int, "_Words"]) -> Iterator[Step]:
        yield from self._own_steps(-1)
        for each in self._released:
            found = self._matched.found.get(each.place, [])
            for own in self._early.get(each.place, ()):
                yield from _definition_step(own)
            changed = [*self._changed(each, found)]
            if each.role == "check":
                yield from changed
            yield self._released_step(each, found, words)
            if each.role != "check":
                yield from changed
            if each.role == "look" and found and found[0].source != each.source:
                yield from _definition_step(found[0])
            yield from self._own_steps(each.place)

    def _released_step(
        self, each: ReleasedCell, found: list[SubmittedCell], words: dict[int, "_Words"]
    ) -> Step:
        cell = _empty(each.cell)
        number = found[0].number if found else 0
        step = Step(cell, each.name, each.role, number=number)
        if each.role == "written" and each.kind != "code":
            cell.source = words[each.place].text or each.source
            _attach(cell, words[each.place].cells)
            return replace(step, written=bool(words[each.place].text))
        if each.role in ("answer", "written"):
            pieces = _pieces(found)
            written = any(not each.is_untouched(piece) for piece in pieces)
            if written:
                cell.source = "\n\n".join(pieces)
            # A stub that is there runs: its NotImplementedError explains best why its callers fail.
            return replace(step, pieces=pieces if written else (each.source,) * bool(found), written=written)
        if each.role == "task":  # it is answered below it, in cells of the student's own
            below = any(own.source.strip() for own in self._matched.own.get(each.place, ()))
            return replace(step, written=below)
        runs = each.role in ("set-up", "check")
        return replace(step, pieces=(each.source,) if runs else ())

    def _changed(self, each: ReleasedCell, found: list[SubmittedCell]) -> Iterator[Step]:
        """Yield a step for each piece of code that the student added to a locked cell."""
        if each.role not in ("set-up", "check"):
            return
        for cell in (*found, *self._matched.copies.get(each.place, ())):
            if same_code(cell.source, each.source):
                continue
            added = additions(cell.source, each.source) if cell.kind == "code" else ""
            what = "what was added to it runs as a cell of its own" if added else "the released one runs"
            self._remarks.append(f"{each.name or 'a locked cell'} was changed in cell {cell.number}: {what}")
            if added:
                yield _own_step(replace(cell, source=added), suffix="-added")

    def _own_steps(self, place: int) -> Iterator[Step]:
        for submitted in self._matched.own.get(place, ()):
            if submitted.number in self._as_words:
                continue
            yield _own_step(submitted)
            if "look" in submitted.tags:
                yield from _definition_step(submitted)

    # --- Answers in words -----------------------------------------------------------------------------------

    def _words(self, each: ReleasedCell) -> "_Words":
        """Return an answer in words: the text of its cell, else what the student wrote around it."""
        found = self._matched.found.get(each.place, [])
        inside = [cell for cell in found if not each.is_untouched(cell.source)]
        if inside or each.kind == "code":
            return _Words("\n\n".join(cell.source for cell in inside), inside)
        above = max((place for place in self._matched.found if place < each.place), default=-1)
        around = self._beside(above) + self._beside(each.place)
        question = self._added_to_question(each)
        if not around and not question:
            return _Words("", [])
        self._as_words |= {cell.number for cell in around}
        where = ", ".join(f"cell {cell.number}" for cell in around) or "the cell with its question"
        self._remarks.append(
            f"{each.name} is not in its own cell: the text of {where} is taken as the answer"
        )
        return _Words("\n\n".join([*question, *(cell.source for cell in around)]), around)

    def _beside(self, place: int) -> list[SubmittedCell]:
        """Return own cells that hold words, between that released cell and the next one."""
        return [
            cell
            for cell in self._matched.own.get(place, ())
            if cell.source.strip() and (cell.kind != "code" or is_prose(cell.source))
        ]

    def _added_to_question(self, each: ReleasedCell) -> list[str]:
        """Return what the student wrote into the text cell above an answer in words."""
        found = self._matched.found.get(each.place - 1, [])
        if not found or each.place < 1 or self._released[each.place - 1].role != "text":
            return []
        known = {line.strip() for line in self._released[each.place - 1].source.split("\n")}
        added = [line for line in found[0].source.split("\n") if line.strip() not in known]
        return ["\n".join(added)] if added else []

    # --- Answers in other cells -----------------------------------------------------------------------------

    def _with_answers_from_elsewhere(self, steps: list[Step]) -> tuple[list[Step], frozenset[str]]:
        """Replace answers that are missing or untouched by the cell that defines their names, where one does.

        If that cell comes before the check, the answer's own step runs nothing; if it comes after, the cell
        runs in the answer's place, too. The names that no cell defines are returned beside the steps.
        """
        unwritten: set[str] = set()
        defined = [_bound_by(step) for step in steps]
        for place, step in enumerate(steps):
            if step.role != "answer" or step.written:
                continue
            names = self._names(step)
            check = next((at for at in range(place, len(steps)) if steps[at].is_check), len(steps))
            others = [at for at, other in enumerate(steps) if at != place and other.is_students]
            found = [at for at in others if names and names <= defined[at]]
            if any(at < check for at in found):
                steps[place] = replace(step, pieces=())
            elif found:
                steps[place] = self._in_its_place(step, steps[found[0]])
                defined[place] = defined[found[0]]  # it may hold further answers
            else:
                unwritten |= names
        return steps, frozenset(unwritten)

    def _names(self, step: Step) -> frozenset[str]:
        return next((each.defines for each in self._released if each.name == step.name), frozenset())

    def _in_its_place(self, step: Step, source: Step) -> Step:
        self._remarks.append(
            f"{step.name} is not written in its own cell: {source.name} defines it, and runs in its place"
        )
        cell = deepcopy(step.cell)
        cell.source = source.cell.source
        return replace(step, cell=cell, pieces=source.pieces, written=True, number=source.number)


def _bound_by(step: Step) -> frozenset[str]:
    return frozenset(name for piece in step.pieces if step.is_run for name in binds(piece))


def _early(released: Sequence[ReleasedCell], matched: Matched) -> dict[int, list[SubmittedCell]]:
    """Return, by place, the own cells whose definitions must run before the released cell at that place.

    They preceded that cell in the submission, where it had been moved down; the assembly moves it back up.
    """
    early: dict[int, list[SubmittedCell]] = {}
    places = [place for place, cells in matched.own.items() for _ in cells]
    if not places:
        return early
    place_of = {id(cell): place for place, cells in matched.own.items() for cell in cells}
    first_after = len(released)
    for cell, place in reversed(matched.order):
        if place is not None and released[place].role in ("answer", "check"):
            if any(cell is each for each in matched.found.get(place, ())):
                first_after = min(first_after, place)
        elif place is None and id(cell) in place_of and first_after <= place_of[id(cell)]:
            early.setdefault(first_after, []).insert(0, cell)
    return early


def _pieces(found: list[SubmittedCell]) -> tuple[str, ...]:
    """Return the parts of an answer as they run.

    They run as one text if that is valid Python, since a function may be split in its middle. Otherwise each
    runs by itself, so that a syntax error costs only its own part and `%%time` begins a cell.
    """
    parts = [cell.source for cell in found]
    joined = "\n".join(parts)
    magic = any(part.lstrip().startswith("%%") for part in parts)
    together = len(parts) < 2 or (not magic and parsed(joined) is not None)
    return (joined,) if together and parts else tuple(parts)


def _own_step(submitted: SubmittedCell, suffix: str = "") -> Step:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    new = new_code_cell if submitted.kind == "code" else new_markdown_cell
    cell = new(source=submitted.source, id=f"own-{submitted.number}{suffix}")
    _attach(cell, [submitted])
    runs = submitted.kind == "code" and "look" not in submitted.tags and bool(submitted.source.strip())
    pieces = (submitted.source,) if runs else ()
    return Step(cell, f"cell {submitted.number}", None, pieces, number=submitted.number)


def _definition_step(submitted: SubmittedCell) -> Iterator[Step]:
    """Yield a step with the cell's definitions alone: an answer may need them."""
    from nbformat.v4 import new_code_cell

    found = definitions(submitted.source) if submitted.kind == "code" else ""
    if found:
        code = f"# defined in cell {submitted.number}\n{found}"
        cell = new_code_cell(source=code, id=f"own-{submitted.number}-d")
        yield Step(cell, f"cell {submitted.number}", None, (code,), number=submitted.number)


def _attach(cell: Any, found: Sequence[SubmittedCell]) -> None:
    """Copy the images pasted into the student's text to the cell: they belong to the answer."""
    attached = {name: kinds for each in found for name, kinds in each.attachments.items()}
    if cell.cell_type == "markdown" and attached:
        cell.attachments = attached


def _empty(cell: Any) -> Any:
    cell = deepcopy(cell)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def _truncated(remarks: list[str]) -> list[str]:
    more = len(remarks) - MAX_REMARKS
    return remarks if more <= 0 else [*remarks[:MAX_REMARKS], f"and {more:,} more remarks like these"]
