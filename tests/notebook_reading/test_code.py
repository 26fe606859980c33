"""Static analysis of a cell's code: IPython's own lines are understood, and no text takes long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.notebook.code import (
    LONGEST,
    additions,
    binds,
    definitions,
    is_prose,
    one_notebook,
    parsed,
    same_code,
)

MAGICS = "%matplotlib inline\nfiles = !ls\n!pip install x\nf?\n?f\n\ndef f():\n    %time 1\n    return 1\n"


def test_magics_are_statements_that_bind_nothing():
    assert binds(MAGICS) == {"files", "f"}
    assert definitions(MAGICS).startswith("def f():")
    assert "files" not in definitions(MAGICS)


@pytest.mark.parametrize("code", ["x = 5 \\\n    % 3", 's = """\n%s and !\n?\n"""', "f(a,\n  *b)"])
def test_what_only_looks_like_a_magic_is_code(code):
    (statement,) = parsed(code)
    assert statement.end_lineno == len(code.split("\n"))


@pytest.mark.parametrize(
    ("code", "bound"),
    [
        ("a = b = 1\nc: int = 2\nd, (e, *f) = x", {"a", "b", "c", "d", "e", "f"}),
        ("if x:\n    def f(): ...\ntry:\n    g = 1\nexcept E:\n    pass", {"f", "g"}),
        ("import a\nx.y = 1\nz[0] = 2\nasync def h(): ...", {"h"}),
        ("def f(:", set()),
    ],
)
def test_names_that_a_cell_binds(code, bound):
    assert bound <= binds(code) <= bound | {"x", "z"}


def test_additions_are_what_the_release_does_not_have():
    released = "import math\n\nx = 1"
    changed = "import math\n# a comment\nx = 1\n\n@cache\ndef f():\n    return x\n%load_ext y"
    assert additions(changed, released) == "@cache\ndef f():\n    return x\n%load_ext y"
    assert additions("import math\nx  =  1", released) == ""
    assert additions("def f(:", released) == ""


def test_blank_lines_and_comments_are_no_change():
    assert same_code("x = 1\n\n# note\ny = 2", "x = 1\ny = 2")
    assert not same_code("x = 1", "x = 2")
    assert not same_code("def f(:", "x = 2")


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("The query looks back.", True),
        ("# only\n# comments", True),
        ("x = 1", False),
        ("", False),
        ("  ", False),
    ],
)
def test_words_in_a_code_cell_are_told_from_code(text, prose):
    assert is_prose(text) is prose


@given(st.text())
def test_any_text_is_taken_apart(text):
    assert isinstance(binds(text), frozenset)
    assert parsed(definitions(text)) is not None


@pytest.mark.parametrize(
    "code", ["+".join("x" * 9000), "lambda:" * 2000 + "1", "x" + "[0]" * 6000, "not " * 4000 + "x"]
)
def test_what_is_nested_too_deeply_is_not_read(code):
    assert (definitions(code), additions(code, "x = 1"), binds(code)) == ("", "", frozenset())


def test_of_one_notebook_so_much_is_read():
    cells = [f"def f_{number}(): ...".ljust(LONGEST) for number in range(12)]
    with one_notebook():
        read = [bool(binds(cell)) for cell in cells]
        assert read == [True] * 10 + [False] * 2
        assert binds(cells[0])
    assert binds(cells[11])
