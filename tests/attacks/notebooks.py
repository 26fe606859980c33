"""Ways to put an attack into week 5's notebook. Each returns a function that makes the submission."""

import json
from collections.abc import Callable
from functools import partial
from textwrap import dedent, indent

from autograde import week05
from nbformat import NotebookNode

Make = Callable[[], bytes | NotebookNode]
FIRST = "set_up"
"""The cell behind which a cell of one's own stands before all exercises."""


def in_a_cell(code: str, base: Callable[[], NotebookNode] = week05.released, after: str = FIRST) -> Make:
    """`base` with a cell of the student's own. With the released notebook nothing is solved."""
    return lambda: week05.insert_after(base(), after, dedent(code).strip())


def solved_and(code: str, after: str = FIRST) -> Make:
    """All solved, and a cell of the student's own."""
    return in_a_cell(code, week05.solved, after)


def in_the_mask(code: str, base: Callable[[], NotebookNode] = week05.released) -> Make:
    """`base` with `causal_mask` defined by `code`: it runs while the check calls it."""
    return lambda: _with_mask(base(), dedent(code).strip())


def while_checked(code: str) -> Make:
    """All solved; `causal_mask` first does something else, and then what is right."""
    right = partial(str.replace, week05.answers()["causal_mask"], "def causal_mask", "def _right_mask")
    body = indent(dedent(code).strip(), "    ")
    return lambda: week05.solved(
        causal_mask=f"{right()}\n\ndef causal_mask(scores):\n{body}\n    return _right_mask(scores)"
    )


def edited(
    edit: Callable[[NotebookNode], object], base: Callable[[], NotebookNode] = week05.released
) -> Make:
    """`base` after `edit` has changed it in place."""

    def make() -> NotebookNode:
        notebook = base()
        edit(notebook)
        return notebook

    return make


def edited_cell(
    name: str, edit: Callable[[NotebookNode], object], base: Callable[[], NotebookNode] = week05.released
) -> Make:
    """`base` after `edit` has changed the cell of that grade_id in place."""
    return edited(lambda notebook: edit(week05.cell(notebook, name)), base)


def as_bytes(edit: Callable[[str], str], base: Callable[[], NotebookNode] = week05.solved) -> Make:
    """The text of `base`, edited."""
    return lambda: edit(json.dumps(base())).encode()


def _with_mask(notebook: NotebookNode, code: str) -> NotebookNode:
    week05.cell(notebook, "causal_mask").source = code
    return notebook
