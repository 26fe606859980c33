"""Matching of submitted cells to released ones: by grade_id, else by cell id, by text, by definitions.

grade_ids get lost (editors drop metadata), copied (by splitting a cell) and changed. Only the text of a
submitted cell counts; its metadata serves to find the released cell that the text belongs to.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from utils.notebook.code import binds
from utils.notebook.released import ReleasedCell
from utils.notebook.submitted import SubmittedCell


@dataclass
class Matched:
    """The submitted cells by released cell. A place is a position in the release, counted from 0."""

    found: dict[int, list[SubmittedCell]] = field(default_factory=dict)
    """By place: the cell, or the parts of an answer that was split."""
    own: dict[int, list[SubmittedCell]] = field(default_factory=lambda: defaultdict(list))
    """Cells of the student's own, by the place of the released cell that they follow; −1 before the first."""
    copies: dict[int, list[SubmittedCell]] = field(default_factory=lambda: defaultdict(list))
    """Further cells with the grade_id of a cell that is not an answer, by place."""
    order: list[tuple[SubmittedCell, int | None]] = field(default_factory=list)
    """Every submitted cell in order, with its place; None for a cell of the student's own."""
    remarks: list[str] = field(default_factory=list)
    known: int = 0
    """The number of cells with a grade_id of the release."""
    unknown: int = 0
    """The number of cells with another grade_id."""


def match(released: Sequence[ReleasedCell], submitted: Sequence[SubmittedCell]) -> Matched:
    """Match a submission's cells to the released ones."""
    matched = Matched()
    by_name = {each.name: each.place for each in released if each.name}
    places = _recognised(released, submitted, by_name)
    for cell in submitted:
        matched.known += cell.grade_id in by_name
        if cell.grade_id and cell.grade_id not in by_name:
            matched.unknown += 1
            if places.get(cell.number) is None:
                shown = cell.grade_id[:60]
                matched.remarks.append(
                    f"cell {cell.number} calls itself {shown!r}, which the notebook does not have"
                )
    matched.order = [(cell, places.get(cell.number)) for cell in submitted]
    for place, runs in _runs(released, matched.order).items():
        _choose(matched, released[place], runs)
    _place_own(matched, released)
    return matched


# --- Which cell is which ------------------------------------------------------------------------------------


def _recognised(
    released: Sequence[ReleasedCell], submitted: Sequence[SubmittedCell], by_name: dict[str, int]
) -> dict[int, int]:
    """Return the place of each submitted cell that is a released one, by the cell's number."""
    places = {cell.number: by_name[cell.grade_id] for cell in submitted if cell.grade_id in by_name}
    by_id = {each.cell.get("id"): each.place for each in released if each.cell.get("id")}
    for cell in _others(submitted, places):
        place = by_id.get(cell.cell_id)
        if place is not None and place not in places.values():
            places[cell.number] = place
    _by_text(released, submitted, places)
    _by_definition(released, submitted, places)
    return places


def _others(submitted: Sequence[SubmittedCell], places: dict[int, int]) -> Iterator[SubmittedCell]:
    return (cell for cell in submitted if cell.number not in places)


def _by_text(
    released: Sequence[ReleasedCell], submitted: Sequence[SubmittedCell], places: dict[int, int]
) -> None:
    taken = set(places.values())
    free: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in released:
        if each.place not in taken and each.source.strip():
            free[each.kind, _key(each.source)].append(each.place)
    for cell in list(_others(submitted, places)):
        candidates = free.get((cell.kind, _key(cell.source)))
        if candidates:
            places[cell.number] = candidates.pop(0)


def _key(text: str) -> str:
    """Return the text without trailing white space and blank ends, which editors add and remove."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def _by_definition(
    released: Sequence[ReleasedCell], submitted: Sequence[SubmittedCell], places: dict[int, int]
) -> None:
    """Find the answers whose cells lost their grade_id, or were deleted and written anew.

    Such an answer is the first unmatched cell between the same neighbours that defines its names.
    """
    missing = [each for each in released if each.defines and each.place not in set(places.values())]
    if not missing:
        return
    unplaced = [cell for cell in _others(submitted, places) if cell.kind == "code"]
    bound = {cell.number: binds(cell.source) for cell in unplaced}
    for each in missing:
        for cell in unplaced:
            if cell.number not in places and each.defines <= bound[cell.number]:
                before = [place for number, place in places.items() if number < cell.number]
                after = [place for number, place in places.items() if number > cell.number]
                if max(before, default=-1) < each.place < min(after, default=len(released)):
                    places[cell.number] = each.place
                    break


# --- Of several cells for one place -------------------------------------------------------------------------


def _runs(
    released: Sequence[ReleasedCell], order: list[tuple[SubmittedCell, int | None]]
) -> dict[int, list[list[SubmittedCell]]]:
    """Return the cells of each place, in groups that have no other named cell between them."""
    runs: dict[int, list[list[SubmittedCell]]] = defaultdict(list)
    last = None
    for cell, place in order:
        if place is None:
            continue
        if place == last:
            runs[place][-1].append(cell)
        else:
            runs[place].append([cell])
        if released[place].name or place == last:
            last = place
    return runs


def _choose(matched: Matched, each: ReleasedCell, runs: list[list[SubmittedCell]]) -> None:
    """Record the cells that count for a released one: all parts of a split answer, else the first cell."""
    if not each.is_students:
        first, *others = [cell for run in runs for cell in run]
        matched.found[each.place] = [first]
        matched.copies[each.place] += others
        matched.remarks += [_again(each, cell, first) for cell in others if cell.grade_id]
        _note_kind(matched, each, first)
        return
    written = [run for run in runs if any(not each.is_untouched(cell.source) for cell in run)]
    chosen = (written or runs)[0]
    parts = _parts(each, chosen)
    matched.found[each.place] = _with_own_between(matched, each, parts)
    if len(parts) > 1:
        numbers = ", ".join(str(cell.number) for cell in parts[:-1])
        matched.remarks.append(
            f"{each.name} was split into cells {numbers} and {parts[-1].number}: they count as one answer"
        )
    matched.remarks += [
        _again(each, cell, parts[0])
        for run in runs
        for cell in run
        if not any(cell is part for part in parts)
    ]
    _note_kind(matched, each, parts[0])


def _parts(each: ReleasedCell, run: list[SubmittedCell]) -> list[SubmittedCell]:
    """Return the parts of an answer, without untouched ones and without copies."""
    parts: list[SubmittedCell] = []
    for cell in run:
        same = any(cell.source.strip() == part.source.strip() for part in parts)
        if not same and not each.is_untouched(cell.source):
            parts.append(cell)
    return parts or run[:1]


def _with_own_between(
    matched: Matched, each: ReleasedCell, parts: list[SubmittedCell]
) -> list[SubmittedCell]:
    """Return the parts of an answer and the own cells of the same kind between them, in order."""
    first, last = parts[0].number, parts[-1].number
    return [
        cell
        for cell, place in matched.order
        if any(cell is part for part in parts)
        or (place is None and cell.kind == each.kind and first < cell.number < last)
    ]


def _again(each: ReleasedCell, cell: SubmittedCell, first: SubmittedCell) -> str:
    return f"{each.name} is there again in cell {cell.number}: cell {first.number} counts"


def _note_kind(matched: Matched, each: ReleasedCell, cell: SubmittedCell) -> None:
    if each.name and cell.kind != each.kind:
        matched.remarks.append(f"{each.name} is a {cell.kind} cell: taken as {each.kind}")


def _place_own(matched: Matched, released: Sequence[ReleasedCell]) -> None:
    """Record the position of each own cell: after the nearest matched cell before it."""
    counted = {id(cell) for cells in matched.found.values() for cell in cells}
    last = -1
    for cell, place in matched.order:
        if place is not None and id(cell) in counted:
            last = place
        elif place is None and id(cell) not in counted:
            matched.own[last].append(cell)
