"""Notebooks that are not what was released: edited, damaged, or none at all."""

import json
from copy import deepcopy

from autograde import week05

from .attack import NOTHING, Attack, Expected
from .notebooks import as_bytes, edited, edited_cell

CHECK = "check_causal_mask"


def _copied(name: str):
    def copy(notebook):
        cell = week05.cell(notebook, name)
        notebook.cells.append(deepcopy(cell))

    return copy


def _moved(notebook):
    cell = week05.cell(notebook, CHECK)
    notebook.cells.remove(cell)
    notebook.cells.insert(0, cell)


def _deleted(notebook):
    notebook.cells.remove(week05.cell(notebook, CHECK))


def _only_checks(notebook):
    notebook.cells = [each for each in notebook.cells if (week05.grade_id(each) or "").startswith("check_")]


def _wrong_first(notebook):
    """A second cell of the same name, before the right one."""
    right = week05.cell(notebook, "causal_mask")
    wrong = deepcopy(right)
    wrong.source = "def causal_mask(scores):\n    return scores"
    notebook.cells.insert(notebook.cells.index(right), wrong)


def _right_again(notebook):
    right = deepcopy(week05.cell(notebook, "causal_mask"))
    week05.cell(notebook, "causal_mask").source = "def causal_mask(scores):\n    return scores"
    notebook.cells.append(right)


def _look_alike(notebook):
    """A cyrillic 'с' in place of the latin one, and a line that nobody sees."""
    cell = deepcopy(week05.cell(notebook, CHECK))
    cell.metadata.nbgrader["grade_id"] = "сheck_causal_mask"
    cell.source = "pass"
    notebook.cells.insert(0, cell)
    other = deepcopy(cell)
    other.metadata.nbgrader["grade_id"] = "check_causal_mask\u200b"
    notebook.cells.insert(0, other)


def _metadata(**changed):
    return edited_cell(CHECK, lambda cell: cell.metadata.nbgrader.update(changed), week05.solved)


def _in_json(change):
    """The solved notebook as plain JSON, changed in place."""

    def edit(text: str) -> str:
        notebook = json.loads(text)
        notebook = change(notebook) or notebook
        return json.dumps(notebook)

    return as_bytes(edit)


def _sources_as_lists(notebook):
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)


def _sources_as_nonsense(notebook):
    for cell in notebook["cells"][::5]:
        cell["source"] = [None, 1, {"a": []}, *cell["source"].splitlines(keepends=True)]


def _metadata_as_nonsense(notebook):
    for number, cell in enumerate(notebook["cells"]):
        if not cell["metadata"].get("nbgrader"):
            cell["metadata"] = [None, 7, "x", [], {"nbgrader": "x"}, {"tags": 7}][number % 6]


def _cells_of_no_kind(notebook):
    notebook["cells"][:0] = [None, 1, "x", [], {}, {"cell_type": "heading"}, {"cell_type": ["code"]}]


def _attachments(notebook):
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "own_words":
            cell["attachments"] = {
                "x.png": {"image/png": '"><script>alert(1)</script>'},
                "y.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"},
                "z": 7,
            }
            cell["source"] = "![x](attachment:x.png) my own words"


def _old_format(notebook):
    cells = []
    for cell in notebook["cells"]:
        kept = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        text = {"input": cell["source"]} if cell["cell_type"] == "code" else {"source": cell["source"]}
        extra = {"language": "python", "outputs": [], "collapsed": False} if "input" in text else {}
        cells.append(kept | text | extra)
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}


_MASK = week05.number("causal_mask")
UNREADABLE = "is not a notebook"

MALFORMED = [
    Attack(
        "check cell copied",
        "holds a check cell twice",
        edited(_copied(CHECK), week05.solved),
        Expected(odd=("check_causal_mask is there again",)),
    ),
    Attack(
        "check cell copied, and again",
        "holds a check cell 1,900 times, to bury the table in remarks",
        edited(lambda notebook: [_copied(CHECK)(notebook) for _ in range(1900)], week05.solved),
        Expected(odd=(*("check_causal_mask is there again",) * 30, "and 1,870 more remarks like these")),
    ),
    Attack(
        "check cell moved",
        "holds a check cell before all others, where its function is not there yet",
        edited(_moved, week05.solved),
        Expected(),
    ),
    Attack(
        "check cell deleted",
        "has lost the check of an exercise that it did not solve",
        edited(_deleted),
        Expected(points=0, why=NOTHING, odd=("check_causal_mask is missing",)),
    ),
    Attack(
        "check cell renamed",
        "calls an easy check by the name of a hard one",
        _metadata(grade_id="check_of_mine"),
        Expected(),
    ),
    Attack(
        "check cells renamed",
        "swaps the names of two check cells",
        edited(lambda notebook: _swap(notebook, CHECK, "check_shape_table"), week05.solved),
        Expected(odd=("check_causal_mask was changed", "check_shape_table was changed")),
    ),
    Attack(
        "check cell retyped",
        "makes a check cell a text",
        edited_cell(CHECK, lambda cell: cell.update(cell_type="markdown"), week05.solved),
        Expected(odd=("check_causal_mask is a markdown cell: taken as code",)),
    ),
    Attack(
        "answer retyped",
        "makes an answer a text",
        edited_cell("causal_mask", lambda cell: cell.update(cell_type="raw"), week05.solved),
        Expected(odd=("causal_mask is a raw cell: taken as code",)),
    ),
    Attack(
        "check cell re-flagged",
        "says of a check cell that it is a solution and not a grade",
        _metadata(grade=False, solution=True, locked=False),
        Expected(),
    ),
    Attack(
        "answer re-flagged",
        "says of an answer that it is graded by hand, with 1000 points",
        edited_cell(
            "causal_mask", lambda cell: cell.metadata.nbgrader.update(grade=True, points=1000, task=False)
        ),
        Expected(points=0, why=NOTHING),
    ),
    Attack("schema of before", "schema_version 0", _metadata(schema_version=0), Expected()),
    Attack("schema of the future", "schema_version 99", _metadata(schema_version=99), Expected()),
    Attack("schema of no kind", "schema_version is a list", _metadata(schema_version=[1]), Expected()),
    Attack(
        "schema gone",
        "no schema_version",
        edited_cell(CHECK, lambda cell: cell.metadata.nbgrader.pop("schema_version"), week05.solved),
        Expected(),
    ),
    Attack("points of no kind", "points are a text", _metadata(points="many"), Expected()),
    Attack(
        "nothing but checks",
        "has lost every answer and every text",
        edited(_only_checks, week05.solved),
        Expected(points=0, why=NOTHING, odd=("is missing",) * len(week05.names_without_checks())),
    ),
    Attack(
        "name given twice, wrong first",
        "holds two neighbours of one name, of which the second is right: they are one answer, and the last "
        "definition counts, as in Jupyter",
        edited(_wrong_first, week05.solved),
        Expected(odd=(f"causal_mask was split into cells {_MASK} and {_MASK + 1}",)),
    ),
    Attack(
        "name given twice, right last",
        "the first answer of a name is wrong; a right one follows at the end, behind other answers",
        edited(_right_again, week05.solved),
        Expected(
            points=week05.all_but(
                "causal_mask", "attention_pattern", "AttentionHead", "padding_aware_pattern"
            ),
            why={
                "causal_mask": "no mask",
                "attention_pattern": "no mask",
                "AttentionHead": "no mask",
                "padding_aware_pattern": "future seen",
            },
            odd=("causal_mask is there again",),
        ),
    ),
    Attack(
        "look-alike names",
        "cells whose names look like a check's, with a cyrillic letter and an invisible space",
        edited(_look_alike),
        Expected(points=0, why=NOTHING, odd=("calls itself", "calls itself")),
    ),
    Attack("empty", "no bytes", lambda: b"", Expected(problem="The submitted file is empty")),
    Attack(
        "blank", "a million spaces", lambda: b" " * 10**6, Expected(problem="The submitted file is empty")
    ),
    Attack(
        "cut off",
        "the first half of the file",
        as_bytes(lambda text: text[: len(text) // 2]),
        Expected(problem=UNREADABLE),
    ),
    Attack("not JSON", "Python in place of JSON", lambda: b"print('hello')", Expected(problem=UNREADABLE)),
    Attack("a list", "JSON, but a list", lambda: b"[1, 2]", Expected(problem="is JSON, but no notebook")),
    Attack(
        "no cells",
        "a notebook without cells",
        lambda: b'{"metadata": {}}',
        Expected(problem="no list of cells"),
    ),
    Attack(
        "cells are a dict",
        "a dict in place of the list of cells",
        _in_json(lambda notebook: notebook.update(cells={"a": 1})),
        Expected(problem="no list of cells"),
    ),
    Attack(
        "deep JSON",
        "lists in lists, 200,000 deep",
        lambda: b"[" * 200_000 + b"]" * 200_000,
        Expected(problem="JSON that no notebook program writes"),
    ),
    Attack(
        "deep metadata",
        "metadata 900 deep in a good notebook",
        _in_json(lambda notebook: notebook["metadata"].update(deep=_deep(900))),
        Expected(),
    ),
    Attack(
        "huge numbers",
        "an integer of a million digits among the metadata",
        as_bytes(lambda text: text.replace('"metadata": {}', f'"metadata": {{"n": {"9" * 10**6}}}', 1)),
        Expected(problem="JSON that no notebook program writes"),
    ),
    Attack(
        "no numbers",
        "NaN, -Infinity and 1e999 among the metadata, which JSON does not have",
        as_bytes(
            lambda text: text.replace('"metadata": {}', '"metadata": {"n": [NaN, -Infinity, 1e999]}', 1)
        ),
        Expected(),
    ),
    Attack(
        "keys twice",
        "the list of cells stands there twice",
        as_bytes(lambda text: text.replace('"cells":', '"cells": [], "cells":', 1)),
        Expected(),
    ),
    Attack("old format", "nbformat 3, of before 2015", _in_json(_old_format), Expected()),
    Attack(
        "format of the future",
        "nbformat 99",
        _in_json(lambda notebook: notebook.update(nbformat=99)),
        Expected(),
    ),
    Attack(
        "format of no kind",
        "nbformat is a list, and old-style worksheets hold nonsense",
        lambda: b'{"nbformat": [3], "worksheets": [1, {"cells": 7}]}',
        Expected(problem="of an old format and cannot be read"),
    ),
    Attack(
        "not UTF-8",
        "Latin-1 and UTF-16",
        lambda: json.dumps(week05.solved()).encode("utf-16"),
        Expected(problem="not text in UTF-8"),
    ),
    Attack(
        "byte order mark",
        "begins with a byte order mark, as some editors write",
        lambda: b"\xef\xbb\xbf" + json.dumps(week05.solved()).encode(),
        Expected(),
    ),
    Attack(
        "null bytes",
        "null bytes in an answer and in the file's names",
        lambda: week05.solved(causal_mask="x = '\x00'", own_words="\x00"),
        Expected(
            points=week05.all_but(
                "causal_mask", "attention_pattern", "AttentionHead", "padding_aware_pattern"
            ),
            why={
                "causal_mask": "NameError: name 'causal_mask' is not defined",
                "attention_pattern": "all cases end in an error",
                "AttentionHead": "all cases end in an error",
                "padding_aware_pattern": "all cases end in an error",
            },
        ),
    ),
    Attack(
        "lone surrogates",
        "text that UTF-8 cannot write, in answers, names and tags",
        lambda: week05.solved(
            own_words="\ud800 \udfff", shape_table=week05.answers()["shape_table"] + "\n# \ud800"
        ),
        Expected(),
    ),
    Attack(
        "invisible text",
        "direction marks and zero-width spaces in an answer in words",
        lambda: week05.solved(own_words="\u202e\u2066 seirots \u200b\ufeff"),
        Expected(),
    ),
    Attack(
        "sources as lists",
        "every source is a list of lines, as files have it",
        _in_json(_sources_as_lists),
        Expected(),
    ),
    Attack(
        "sources as nonsense",
        "lists of numbers and dicts in place of lines",
        _in_json(_sources_as_nonsense),
        Expected(),
    ),
    Attack("metadata as nonsense", "metadata that is no dict", _in_json(_metadata_as_nonsense), Expected()),
    Attack(
        "cells of no kind",
        "cells that are numbers, lists and kinds that there are not",
        _in_json(_cells_of_no_kind),
        Expected(),
    ),
    Attack(
        "too many cells",
        "100,000 cells",
        lambda: b'{"cells": [' + b"{}, " * 100_000 + b"{}]}",
        Expected(problem="at most 2,000 are read"),
    ),
    Attack(
        "too large",
        "a file of 33 MB",
        lambda: b'{"cells": ["' + b"x" * (33 * 2**20) + b'"]}',
        Expected(problem="at most 33,554,432 are read"),
    ),
    Attack(
        "another week's",
        "week 4's notebook in week 5's place",
        lambda: (week05.REPOSITORY / "course/week04_mlp/mlp.ipynb").read_bytes(),
        Expected(problem="it may be another week's"),
    ),
    Attack(
        "picture that is not there",
        "the answer shows an attachment that it does not have: nbconvert then makes no page of it at all",
        lambda: week05.solved(own_words="![p](attachment:none.png)"),
        Expected(),
    ),
    Attack(
        "attachments",
        "a pasted picture that holds a script",
        _in_json(_attachments),
        Expected(never=("<script>alert(1)", "onload=")),
    ),
    Attack(
        "programs called for",
        "honest work that installs a package and lists its folder above an answer",
        lambda: week05.solved(
            causal_mask=f"!pip install einops\n%pip list\nfiles = !ls\n{week05.answers()['causal_mask']}"
        ),
        Expected(shows=("pip: no program is started where work is graded",)),
    ),
    Attack(
        "compiled",
        "honest work that has torch.compile make an answer faster, which starts a compiler",
        lambda: week05.solved(
            causal_mask=f"{week05.answers()['causal_mask']}\n\ncausal_mask = torch.compile(causal_mask)"
        ),
        Expected(),
    ),
    Attack(
        "helper in a demonstration",
        "honest work whose helper stands in a copy of a demonstration, with the copy's tags",
        lambda: _helper_in_a_copy(),
        Expected(),
    ),
]


def _swap(notebook, one, other):
    a, b = week05.cell(notebook, one), week05.cell(notebook, other)
    a.metadata.nbgrader["grade_id"], b.metadata.nbgrader["grade_id"] = other, one


def _deep(levels):
    value = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def _helper_in_a_copy():
    right = week05.answers()["causal_mask"].replace("def causal_mask", "def helper")
    notebook = week05.solved(causal_mask="def causal_mask(scores):\n    return helper(scores)")
    week05.insert_after(notebook, "set_up", f"{right}\n\nprint(helper(torch.ones(2, 2)))\n1 / 0")
    place = notebook.cells.index(week05.cell(notebook, "set_up")) + 1
    notebook.cells[place].metadata["tags"] = ["look", "raises-exception"]
    return notebook
