"""A small exercise with a table of mistakes: `double`, whose check is the toy check of `tests/checks`."""

from pathlib import Path

from grader.tools.known_mistakes.table import Row, read_table
from grader.tools.mutation.exercise import MutatedExercise

HEAD = "| Mistake | What is wrong | Look at | In the solution | Instead |\n| --- | --- | --- | --- | --- |"
SOLUTION = "def double(x):\n    twice = 2 * x\n    return twice\n"


def exercise(*cells: str) -> MutatedExercise:
    """Return the exercise `double` with these cells as its solution."""
    namespace: dict = {}
    cells = cells or (SOLUTION,)
    for cell in cells:
        exec(cell, namespace)
    return MutatedExercise("week05_attention", "double", cells, "double", namespace)


def table(folder: Path, *rows: str, head: str = HEAD, title: str = "## double") -> dict[str, list[Row]]:
    """Write a table of these rows to the folder and read it."""
    path = folder / "mistakes.md"
    path.write_text("\n".join(["# Week 5: known mistakes", "", title, "", head, *rows, ""]), "utf-8")
    return read_table(path)


def rows(folder: Path, *lines: str) -> list[Row]:
    """Return the rows of the table that `table` writes."""
    return table(folder, *lines)["double"]
