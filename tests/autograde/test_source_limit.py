"""Of what a student writes a page shows as much as it can be made of."""

import pytest

from grader.autograde.source_limit import LONGEST, SourceLimit

BLANK = "x = 1" + "\n" * LONGEST + "y = 2"
MATHEMATICS = "\\begin{a}" * LONGEST


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return x\n\n\n\ndef g(x):\n    return x\n",
        "Two lines,\n\nand a block:\n\n```python\nx = 1  \n```\n",
        "> ```\n> x\n> ```\n\n~~~ py\nx\n~~~",
        "",
    ],
)
def test_ordinary_text_is_as_it_was(text):
    page = SourceLimit()
    assert (page.code(text), page.words(text)) == (text, text)


def test_a_long_cell_is_cut_and_says_so():
    for shown in (SourceLimit().words(MATHEMATICS), SourceLimit().code("x = 1\n" * LONGEST)):
        assert "cut off here: of a cell a page shows 20,000 characters" in shown[LONGEST:]
        assert len(shown) < LONGEST + 120


def test_all_cells_together_are_cut_too():
    page = SourceLimit()
    shown = [page.code("x" * LONGEST) for _ in range(6)]
    assert [each[:LONGEST].count("x") for each in shown] == [*[LONGEST] * 5, 0]
    assert page.words("word").startswith("\n\n… cut off here")


def test_a_thousand_blank_lines_are_two():
    assert SourceLimit().code(BLANK) == "x = 1\n\n\ny = 2"
    assert SourceLimit().code("x = 1" + "\n \t" * LONGEST + "\ny = 2") == "x = 1\n\n\ny = 2"


def test_blocks_in_other_languages_lose_their_colour():
    assert SourceLimit().words("a\n```smithy\nb\n```") == "a\n```\nb\n```"
    assert SourceLimit().words("> ~~~ sml x\n> b") == "> ~~~\n> b"
