"""The shape scratchpad that a pair shares: the axes of each tensor and the size of each axis.

    pad = Scratchpad(batch=2, seq=6, d_model=768)
    pad.note("q", q, "batch seq d_head")
    pad                                         # as a cell's last line: the whole table

An axis has the same size in every tensor. Where a tensor disagrees, the pad prints a sentence and marks the
row; it never stops a cell.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import takewhile
from typing import Any

AGREED = "agreed"
REST = "..."
LEFT = 'style="text-align:left"'


@dataclass(frozen=True)
class Row:
    """One tensor on the pad."""

    name: str
    axes: tuple[str, ...]
    """The axes' names, outermost first; the first may be "...", for any number of axes."""
    shape: tuple[int, ...]

    @property
    def named(self) -> tuple[str, ...]:
        """The axes' names without "..."."""
        return tuple(axis for axis in self.axes if axis != REST)

    @property
    def fits(self) -> bool:
        """True if there are as many names as axes; with "...", at most as many."""
        missing = len(self.shape) - len(self.named)
        return missing >= 0 if REST in self.axes else missing == 0

    def sizes(self) -> list[tuple[str, int]]:
        """Return each named axis with its size, matched from the last axis; empty if the names do not fit."""
        if not self.fits:
            return []
        return list(zip(self.named, self.shape[len(self.shape) - len(self.named) :], strict=True))

    def misfit(self) -> str:
        """Return the sentence that describes why the names do not fit."""
        axes = "1 axis" if len(self.shape) == 1 else f"{len(self.shape)} axes"
        least = "at least " if REST in self.axes else ""
        return f"`{self.name}` has {axes} {self.shape}, and you named {least}{len(self.named)}: {self}."

    def __str__(self) -> str:
        """Return the axes as they were written."""
        return " ".join(self.axes) or "no axis"


class Scratchpad:
    """A table of names, axes and shapes that notices when an axis changes its size.

    Args:
        sizes: The sizes that a pair agreed on before it began, as in `batch=2, seq=6`.

    Raises:
        ValueError: A size is not a whole number of at least 1.
    """

    def __init__(self, **sizes: int) -> None:
        for axis, size in sizes.items():
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise ValueError(f"The size of `{axis}` must be a whole number from 1; it is {size!r}.")
        self._agreed = sizes
        self._rows: dict[str, Row] = {}

    def note(self, name: str, tensor: Any, axes: str) -> None:
        """Add a row, print it, and report every axis that disagrees with an earlier row.

        A second note under the same name replaces the first, so that a cell may run again.

        Args:
            name: What the pair calls the tensor.
            tensor: A tensor or array of any library, or a shape: (2, 6, 64).
            axes: One name for each axis, separated by spaces: "batch seq d_head". A number means an axis of
                exactly that size. "..." at the front means any number of further axes.

        Raises:
            TypeError: `tensor` has no shape and is not a shape.
            ValueError: "..." is not at the front.
        """
        row = Row(name, _parse(axes), _shape_of(name, tensor))
        self._rows.pop(name, None)
        complaints = self._complaints(row)
        self._rows[name] = row
        print("\n".join([f"{name}: {row} = {row.shape}", *(f"  ✗ {text}" for text in complaints)]))

    @property
    def sizes(self) -> dict[str, int]:
        """The size of every axis known so far: first those agreed, then those noted, in order."""
        return {axis: size for axis, (size, _) in self._first_sizes(self._rows.values()).items()}

    def complaints(self) -> dict[str, list[str]]:
        """Return the sentences about each row that disagrees with the rows above it, by the row's name."""
        found = {name: self._complaints(row) for name, row in self._rows.items()}
        return {name: texts for name, texts in found.items() if texts}

    def _complaints(self, row: Row) -> list[str]:
        if not row.fits:
            return [row.misfit()]
        known = self._first_sizes(takewhile(lambda other: other is not row, self._rows.values()))
        texts = []
        for axis, size in row.sizes():
            before, where = known.setdefault(axis, (size, row.name))
            if axis.isdigit() and int(axis) != size:
                texts.append(f"An axis of `{row.name}` should have the size {axis}; it has {size}.")
            elif not axis.isdigit() and before != size:
                was = f"was agreed to be {before}" if where is AGREED else f"was {before} in {where}"
                texts.append(f"`{axis}` {was} and is {size} in {row.name}.")
        return texts

    def _first_sizes(self, rows: Iterable[Row]) -> dict[str, tuple[int, str]]:
        """Return each axis's size and the row that first gave it (or `AGREED`)."""
        sizes = {axis: (size, AGREED) for axis, size in self._agreed.items()}
        for row in rows:
            for axis, size in row.sizes():
                if not axis.isdigit():
                    sizes.setdefault(axis, (size, row.name))
        return sizes

    def _table(self) -> Iterator[tuple[str, str, str, str]]:
        for row in self._rows.values():
            yield row.name, str(row), str(row.shape), " ".join(self._complaints(row))

    def __repr__(self) -> str:
        """Return the table in plain text."""
        lines = [self._sizes_line()] if self._agreed else []
        table = list(self._table())
        widths = [max((len(line[column]) for line in table), default=0) for column in range(3)]
        for *cells, complaint in table:
            line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
            lines.append(line + (f"  ✗ {complaint}" if complaint else ""))
        return "\n".join(lines) or "An empty scratchpad: pad.note(name, tensor, axes) writes its first row."

    def _repr_html_(self) -> str:
        """Return the table in HTML, readable in both themes; Jupyter calls this."""
        if not self._rows:
            return f"<div>{escape(repr(self))}</div>"
        agreed = f"<div>{escape(self._sizes_line())}</div>" if self._agreed else ""
        head = "".join(f"<th {LEFT}>{title}</th>" for title in ("tensor", "axes", "shape", ""))
        rows = "".join(_row_html(cells, complaint) for *cells, complaint in self._table())
        return f"{agreed}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def _sizes_line(self) -> str:
        return "agreed: " + ", ".join(f"{axis} = {size}" for axis, size in self._agreed.items())


def _row_html(cells: list[str], complaint: str) -> str:
    fixed = "".join(f'<td {LEFT}><span style="white-space:pre">{escape(cell)}</span></td>' for cell in cells)
    outcome = "✗ " + re.sub("`(.+?)`", r"<code>\1</code>", escape(complaint)) if complaint else "✓"
    return f"<tr>{fixed}<td {LEFT}>{outcome}</td></tr>"


def _parse(axes: str) -> tuple[str, ...]:
    names = tuple(axes.split())
    if REST in names[1:]:
        raise ValueError(f'"..." may only stand at the front of the axes; here they are {axes!r}.')
    return names


def _shape_of(name: str, tensor: Any) -> tuple[int, ...]:
    shape = getattr(tensor, "shape", tensor)
    try:
        return tuple(int(size) for size in shape)
    except (TypeError, ValueError):
        kind = type(tensor).__name__
        raise TypeError(
            f"`{name}` has no shape: give a tensor, or a shape such as (2, 6, 64), not {kind}."
        ) from None
