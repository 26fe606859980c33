"""No hint holds a line of the solution."""

from functools import lru_cache

import nbformat
import pytest

from grader.build.source import read_source
from utils.weeks import WEEKS

from .hints import code_in, folded, given_away, hints, longest_run
from .notebooks import CHECKOUT

WEEK = pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
WORK = nbformat.v4.new_code_cell(
    "def cumsum(numbers, axis):\n"
    "    ### BEGIN SOLUTION\n"
    "    n_rows, n_columns = numbers.shape\n"
    "    rows = torch.arange(len(numbers))[:, None]\n"
    "    triangle = (rows >= rows.T).float()  # each row up to itself\n"
    "    return triangle @ numbers\n"
    "    ### END SOLUTION\n",
    metadata={"nbgrader": {"solution": True, "grade_id": "cumsum"}},
)
PLANTED = {
    "a whole line": "Write `triangle = (rows >= rows.T).float()`.",
    "a line in a block": "```python\nrows = torch.arange( len(numbers) )[:, None]\n```",
    "a part of a line": "What is `torch.arange(len(numbers))[:, None]` for?",
    "a short statement": "The result is `triangle @ numbers`.",
    "an assignment": "`n_rows, n_columns = numbers.shape`",
    "inside other code": "`print(triangle @ numbers)`",
}


@lru_cache
def hints_of(week):
    return hints(read_source(CHECKOUT, week))


@WEEK
def test_no_hint_holds_a_line_of_the_solution(week):
    given = [
        f"{hint.exercise}, {hint.title}: {shown}"
        for hint, work in hints_of(week)
        for shown in given_away(hint.text, work)
    ]
    assert given == [], "ask the question that leads to this line, or show the function on another example"


@WEEK
def test_hints_are_found(week):
    helped = {hint.exercise for hint, _ in hints_of(week)}
    assert len(helped) >= 8


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_line_is_found(planted):
    assert given_away(PLANTED[planted], WORK)


@pytest.mark.parametrize(
    "text",
    [
        "What do `torch.arange` and `None` in an index give?",
        "`torch.arange(3)[:, None]` has shape (3, 1).",
        "Compare every row's number with every column's: which of them are at most as large?",
        "`def cumsum(numbers, axis)` has a second argument.",
    ],
)
def test_names_and_examples_give_nothing_away(text):
    assert given_away(text, WORK) == []


def test_hints_inside_hints_are_read_and_other_folded_texts_are_not():
    text = (
        "<details><summary>Hint 1 · a question</summary>\n\nWhich?\n\n"
        "<details><summary>Hint 2 · a name</summary>\n\n`one`\n\n</details>\n\n</details>\n\n"
        '<details><summary>If you see "x"</summary>\n\n`two`\n\n</details>\n\n'
        "<details><summary>What you should see</summary>\n\n`three`\n\n</details>"
    )
    assert [title[:6] for title, _ in folded(text)] == ["Hint 2", "Hint 1", "If you"]
    assert [list(code_in(inside)) for _, inside in folded(text)] == [["one"], ["one"], ["two"]]


def test_the_longest_run_is_found():
    assert longest_run("abcxyz", "zzbcxa") == "bcx"
    assert longest_run("abc", "") == ""
