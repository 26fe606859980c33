"""Any bytes give cells, or a sentence."""

import json

import pytest

from grader.autograde.submission import MAX_CELLS, Unreadable, read_submission

MIB = 2**20
CODE = {"cell_type": "code", "source": "x", "metadata": {}}


def notebook(*cells: object, **more: object) -> bytes:
    return json.dumps({"cells": list(cells), "nbformat": 4, "nbformat_minor": 5, **more}).encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"{", "not valid JSON (line 1, column 2)"),
        (notebook(CODE)[:-20], "not valid JSON"),
        (b"[" * 100_000, "JSON that no notebook program writes"),
        (b'{"cells": ' + b"9" * 5000 + b"}", "JSON that no notebook program writes"),
        (b"[]", "no notebook"),
        (b'"cells"', "no notebook"),
        (b"{}", "no list of cells"),
        (b'{"cells": {"a": 1}}', "no list of cells"),
        (b'{"worksheets": 3}', "old format"),
        (b" " * (MIB + 1), "is empty"),
        (notebook(CODE) + b" " * MIB, "at most 1,048,576 are read"),
        (notebook(*[CODE] * (MAX_CELLS + 1)), "at most 2,000 are read"),
    ],
)
def test_what_is_no_notebook_is_said_in_a_sentence(content, sentence):
    with pytest.raises(Unreadable, match=r"\.$") as problem:
        read_submission(content, max_bytes=MIB)
    assert sentence in str(problem.value)


@pytest.mark.parametrize(
    "cell",
    [
        None,
        3,
        [],
        {},
        {"cell_type": "heading", "source": "x"},
        {"cell_type": ["code"], "source": "x"},
        {"source": "x"},
    ],
)
def test_what_is_no_cell_is_passed_over(cell):
    cells = read_submission(notebook(CODE, cell, CODE), max_bytes=MIB)
    assert [each.number for each in cells] == [1, 3]


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "code"},
        {"cell_type": "code", "source": 3, "metadata": 4, "id": 5},
        {"cell_type": "code", "source": None, "metadata": {"nbgrader": [], "tags": "look"}},
        {"cell_type": "code", "source": [1, None], "metadata": {"nbgrader": {"grade_id": 3}, "tags": [4]}},
        {"cell_type": "code", "source": "", "metadata": {"nbgrader": {"grade_id": None}}, "attachments": 3},
    ],
)
def test_damaged_cells_are_read_as_far_as_they_go(cell):
    (found,) = read_submission(notebook(cell), max_bytes=MIB)
    assert (found.source, found.cell_id, found.grade_id, found.tags) == ("", "", "", ())


def test_source_comes_in_one_piece_or_in_lines():
    cells = read_submission(
        notebook({**CODE, "source": ["a\n", "b"]}, {**CODE, "source": "a\nb"}), max_bytes=MIB
    )
    assert cells[0].source == cells[1].source == "a\nb"


def test_what_utf_8_cannot_write_is_replaced():
    (found,) = read_submission(
        b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}', max_bytes=MIB
    )
    assert found.source.encode() == b"x = '?'"


def test_a_byte_order_mark_does_no_harm():
    assert read_submission(b"\xef\xbb\xbf" + notebook(CODE), max_bytes=MIB)


def test_a_notebook_of_format_3_is_read():
    cell = {"cell_type": "code", "input": "x = 1", "outputs": [], "language": "python", "metadata": {}}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    (found,) = read_submission(json.dumps(old).encode(), max_bytes=MIB)
    assert (found.kind, found.source) == ("code", "x = 1")


def test_pictures_in_an_answer_are_kept_and_other_attachments_are_not():
    attached = {"a.png": {"image/png": "iVBO"}, "b.html": {"text/html": "<script>"}, "c": 3}
    cell = {"cell_type": "markdown", "source": "", "attachments": attached}
    (found,) = read_submission(notebook(cell), max_bytes=MIB)
    assert found.attachments == {"a.png": {"image/png": "iVBO"}}
