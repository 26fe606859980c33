"""Honest work with something odd about it: what students and their editors do, which must cost no point.

The examples are those of the handbook's table (`notebook_reading.rows`); here each is one submission between
others, and stock nbgrader gets it, too.
"""

from functools import partial

from autograde import week05
from notebook_reading import edits
from notebook_reading.rows import EXAMPLES

from grader.sandbox.limits import Limits

from .attack import Attack, Expected

_MASK, _HEAD = (week05.number(name) for name in ("causal_mask", "AttentionHead"))
_END = len(week05.released().cells)
_SHORT = Limits(cell_seconds=2, notebook_seconds=20)
_ADDED = "what was added to it runs as a cell of its own"

_ODD: dict[tuple[str, str], tuple[str, ...]] = {
    ("a cell is split", "an answer in the middle of a function"): (
        f"split into cells {_MASK} and {_MASK + 1}",
    ),
    ("a cell is split", "a class in its middle"): (f"split into cells {_HEAD} and {_HEAD + 1}",),
    ("a cell is split", "the second half begins with a magic"): (
        f"split into cells {_MASK} and {_MASK + 1}",
    ),
    ("a cell is split", "a cell of one's own between the halves"): (
        f"split into cells {_MASK} and {_MASK + 2}",
    ),
    ("a cell is copied", "an answer, to the end"): (f"causal_mask is there again in cell {_END + 1}",),
    ("a cell is copied", "a stub kept above"): (
        f"causal_mask is there again in cell {_MASK}: cell {_MASK + 1} counts",
    ),
    ("an answer is deleted and written anew", "in its place"): (),
    ("an answer is deleted and written anew", "below its check"): (f"cell {_MASK + 1} defines it",),
    ("an answer is deleted and written anew", "all in one cell at the end"): (f"cell {_END + 1} defines it",),
    ("cells are merged", "two answers, by the first's name"): (),
    ("cells are merged", "two answers, by the second's name"): ("causal_mask defines it",),
    ("cells are merged", "an answer into its check"): (_ADDED,),
    ("cells are moved", "an answer to the top"): (),
    ("cells are moved", "an answer, its helper and its check to the end"): (),
    ("helpers in cells of one's own", "in a copy of a demonstration"): (),
    ("lines are added to the set-up or to a check", "a helper"): (_ADDED,),
    ("magics and shell commands in an answer's cell", "%matplotlib inline"): (),
    ("magics and shell commands in an answer's cell", "one that there is not"): (),
    ("imports of what is not there where work is graded", "plots"): (),
    ("imports of what is not there where work is graded", "tables"): (),
    ("imports of what is not there where work is graded", "a forbidden one, unused"): (),
    ("code that waits for a person", "input()"): (),
    ("code that waits for a person", "breakpoint() in the cell"): (),
    ("code that waits for a person", "pdb in the function"): (),
    ("programs and threads", "subprocess"): (),
    ("programs and threads", "threads of PyTorch"): (),
    ("a line in an answer's cell that ends in an error", "above it"): (),
    ("cells of one's own that end the kernel", "an answer's own last line"): (),
    ("slow cells of one's own", "four experiments"): (),
    ("cells of one's own below the last check", "slow"): (),
    ("other editors", "Google Colab"): (),
    ("other editors", "Deepnote, which keeps no names"): ("own_words is not in its own cell",),
    ("other editors", "jupytext, which keeps no metadata"): ("own_words is not in its own cell",),
    ("names are lost", "all metadata of cells"): (),
    ("names are lost", "metadata and ids"): ("own_words is not in its own cell",),
    ("other formats of the file", "lines that end with CR LF"): (),
    ("checks, texts and demonstrations are deleted or edited", "a check deleted"): ("is missing",),
    ("pictures in the answer in words", "named with umlauts"): (),
    ("pictures in the answer in words", "that are not there"): (),
}
"""The remarks that each gets."""


def _attack(row: edits.Row, name: str, edit: edits.Edit) -> Attack:
    slow = "slow" in (row.what.split()[0], name)
    return Attack(
        name=f"{row.what}: {name}",
        idea="honest work",
        submission=partial(edits.made, edit),
        expected=Expected(points=week05.FULL, odd=_ODD[row.what, name]),
        limits=_SHORT if slow else Limits(),
    )


HONEST = [_attack(row, name, edit) for row, name, edit in EXAMPLES if (row.what, name) in _ODD]
