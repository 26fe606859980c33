"""Makes wrong shape tables from the right one by rules: an axis forgotten, two axes swapped, another size."""

from collections.abc import Callable, Collection, Mapping

Shape = tuple[int, ...]
Table = Mapping[str, Shape]


def right_table(submission: Table | Callable[[], Table]) -> dict[str, Shape]:
    """Returns the table that a solution is, or that it returns when called."""
    return dict(submission() if callable(submission) else submission)


def with_rows(submission: Table | Callable[[], Table], **rows: Shape) -> dict[str, Shape]:
    """Returns the table with other shapes in these rows.

    Raises:
        KeyError: the table has no such row.
    """
    table = right_table(submission)
    if unknown := rows.keys() - table.keys():
        raise KeyError(f"The table has no rows {', '.join(sorted(unknown))}.")
    return table | rows


def without_size(
    submission: Table | Callable[[], Table], size: int, rows: Collection[str] | None = None
) -> dict[str, Shape]:
    """Returns the table without the first axis of this size in each row: as when the batch is forgotten."""

    def cut(shape: Shape) -> Shape:
        place = shape.index(size)
        return shape[:place] + shape[place + 1 :]

    return _changed(submission, rows, lambda shape: cut(shape) if size in shape else shape)


def size_replaced(
    submission: Table | Callable[[], Table], old: int, new: int, rows: Collection[str] | None = None
) -> dict[str, Shape]:
    """Returns the table with one size in place of another: as when d_head is taken for d_model."""
    return _changed(submission, rows, lambda shape: tuple(new if size == old else size for size in shape))


def last_two_swapped(submission: Table | Callable[[], Table], rows: Collection[str]) -> dict[str, Shape]:
    """Returns the table with the last two axes of these rows swapped: as when a matrix is transposed."""
    return _changed(submission, rows, lambda shape: (*shape[:-2], *shape[:-3:-1]))


def _changed(
    submission: Table | Callable[[], Table], rows: Collection[str] | None, change: Callable[[Shape], Shape]
) -> dict[str, Shape]:
    table = right_table(submission)
    return {row: change(shape) if rows is None or row in rows else shape for row, shape in table.items()}
