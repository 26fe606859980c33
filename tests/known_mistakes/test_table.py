"""The table of mistakes: what a row may be, and one sentence on every line that is none."""

import pytest

from grader.tools.known_mistakes.table import Edit, read_table
from utils.errors import CourseError

from .small_week import HEAD, rows, table


def test_a_row_is_a_mistake_with_an_edit(tmp_path):
    (row,) = rows(tmp_path, "| tripled | three times x | which factor? | `2 * x` | `3 * x` |")
    assert (row.line, row.name) == (7, "tripled")
    assert (row.explanation, row.look_at) == ("three times x", "which factor?")
    assert row.edits == (Edit("2 * x", "3 * x"),)
    assert row.program == ""


def test_a_row_without_a_name_is_a_further_edit(tmp_path):
    (row,) = rows(tmp_path, "| a | b | c | `d` | `e` |", "| | | | `f` | |")
    assert row.edits == (Edit("d", "e"), Edit("f", ""))


def test_a_mistake_may_be_a_program(tmp_path):
    (row,) = rows(tmp_path, "| a | b | c | | `by_hand` in mistakes.py |")
    assert (row.program, row.edits) == ("by_hand", ())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("`a \\| b`", "a | b"),
        ("`first`<br>`    second`<br>", "first\n    second\n"),
        ("`    `", "    "),
        ("`` a`b ``", "a`b"),
        ('`x["q"] != *y*`', 'x["q"] != *y*'),
    ],
)
def test_code_is_read_as_it_is_shown(tmp_path, cell, text):
    (row,) = rows(tmp_path, f"| a | b | c | `old` | {cell} |")
    assert row.edits == (Edit("old", text),)


def test_texts_keep_their_markdown(tmp_path):
    (row,) = rows(tmp_path, "| a | `q` has *one* axis \\| two | c_1, c_2 | `old` | `new` |")
    assert (row.explanation, row.look_at) == ("`q` has *one* axis | two", "c_1, c_2")


def test_several_checks_have_a_table_each(tmp_path):
    text = f"## one\n\n{HEAD}\n| a | b | c | `d` | `e` |\n\n## two\n\n{HEAD}\n| a | b | c | `d` | `e` |\n"
    (tmp_path / "mistakes.md").write_text(text)
    assert [len(each) for each in read_table(tmp_path / "mistakes.md").values()] == [1, 1]


COLUMNS = "the row does not have 5 columns"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("| a | b | `d` | `e` |", COLUMNS),
        ("| a | b | c | `d` | `e` | f |", COLUMNS),
        ("| a | b | c | `d | e` | `f` |", r"inside code, write | as \|"),
        ("| a | b | c | d | `e` |", "'d' is not code between backticks"),
        ("| a | b | c | `d` | e |", "'e' is not code between backticks"),
        ("| a | b | c | | `e` |", "'a' has no text of the solution to replace"),
        ("| a | | c | `d` | `e` |", "a mistake needs a name, what is wrong, and where to look"),
        ("| | | | `d` | `e` |", "a further edit stands above the first mistake"),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path, line, problem):
    with pytest.raises(CourseError) as raised:
        table(tmp_path, line)
    assert "mistakes.md, line 7: " in str(raised.value)
    assert problem in str(raised.value)


@pytest.mark.parametrize("second", ["| | | | | `f` in mistakes.py |", "| | | | `g` | `h` |"])
def test_a_mistake_is_an_edit_or_a_program_not_both(tmp_path, second):
    first = "| a | b | c | `d` | `e` |" if "mistakes.py" in second else "| a | b | c | | `f` in mistakes.py |"
    with pytest.raises(CourseError, match="line 8: "):
        table(tmp_path, first, second)


def test_other_columns_are_named(tmp_path):
    head = "| Mistake | What is wrong | In the solution | Instead |\n| --- | --- | --- | --- |"
    with pytest.raises(CourseError, match=r"columns are not: Mistake \| What is wrong \| Look at"):
        table(tmp_path, "| a | b | `d` | `e` |", head=head)


def test_a_table_needs_the_name_of_its_check(tmp_path):
    with pytest.raises(CourseError, match="under no heading `## check`"):
        table(tmp_path, title="Known mistakes")


def test_a_check_has_one_heading(tmp_path):
    with pytest.raises(CourseError, match="the check double has two headings"):
        table(tmp_path, title="## double\n\n## double")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    if content:
        (tmp_path / "mistakes.md").write_bytes(content)
    with pytest.raises(CourseError, match=r"mistakes\.md of .* cannot be read"):
        read_table(tmp_path / "mistakes.md")
