"""Answers in words: a person grades whatever was written; untouched ones get 0 automatically."""

import pytest
from autograde import week05
from nbgrader.utils import determine_grade

from grader.autograde.graded_notebook import graded_notebook
from grader.autograde.merge_answers import MergedNotebook, NotebookStep, merge_answers
from grader.autograde.run import RunResult
from grader.autograde.scores import score_cells
from grader.autograde.source import read_source
from grader.autograde.submission import read_submission

from . import edits as do

MINE = "Every row of a pattern belongs to one query."
UNTOUCHED = do.released_again("own_words")


def assembled(edit: do.Edit) -> MergedNotebook:
    source = read_source(week05.WEEK.folder, week05.RELEASED.read_bytes())
    return merge_answers(source, read_submission(do.as_bytes(do.made(edit)), max_bytes=2**25))


def answer(edit: do.Edit) -> NotebookStep:
    return next(step for step in assembled(edit).steps if step.name == "own_words")


def _in_the_question(notebook):
    question = notebook.cells[do.place(notebook, "own_words") - 1]
    question.source += f"\n\n{MINE}"


def _above(*cells):
    def edit(notebook):
        at = do.place(notebook, "own_words")
        notebook.cells[at:at] = cells

    return edit


WRITTEN = {
    "in its cell": lambda notebook: None,
    "below the untouched one": do.both(UNTOUCHED, do.insert("own_words", do.words(MINE))),
    "above it": do.both(UNTOUCHED, _above(do.words(MINE))),
    "in two cells below it": do.both(
        UNTOUCHED, do.insert("own_words", do.words("Every row"), do.words("of a pattern"))
    ),
    "in a cell of code": do.both(UNTOUCHED, do.insert("own_words", do.own(MINE))),
    "as comments": do.both(UNTOUCHED, do.insert("own_words", do.own("# Every row\n# of a pattern"))),
    "in the cell with the question": do.both(UNTOUCHED, _in_the_question),
    "anew, the cell deleted": do.written_anew("own_words", "markdown"),
    "in two halves": do.both(do.append("own_words", "Row = query."), do.split("own_words", 1)),
    "below the stub's copy": do.both(do.copied("own_words"), UNTOUCHED),
    "without names and ids": do.both(do.without_names, do.without_ids),
    "in a cell that has become code": lambda notebook: do.cell(notebook, "own_words").update(
        cell_type="code"
    ),
}
UNWRITTEN = {
    "as released": UNTOUCHED,
    "emptied": lambda notebook: do.cell(notebook, "own_words").update(source=""),
    "spaces": lambda notebook: do.cell(notebook, "own_words").update(source=" \n "),
    "a line end more": do.both(UNTOUCHED, do.append("own_words", "\n")),
    "CR LF": do.both(UNTOUCHED, do.append("own_words", ""), do.crlf),
    "deleted": do.delete("own_words"),
    "with an experiment below": do.both(UNTOUCHED, do.insert("own_words", do.own("x = 1\nprint(x)"))),
    "with an empty cell below": do.both(UNTOUCHED, do.insert("own_words", do.words(" "))),
}


@pytest.mark.parametrize("edit", WRITTEN.values(), ids=WRITTEN)
def test_a_person_reads_all_that_was_written(edit):
    step = answer(edit)
    assert step.written
    assert "row" in step.cell.source.lower()
    assert "pattern" in step.cell.source or "Row = query." in step.cell.source
    assert _graded_by_nbgrader(edit) == (None, 10)


@pytest.mark.parametrize("edit", UNWRITTEN.values(), ids=UNWRITTEN)
def test_what_is_as_released_gets_nothing_by_itself(edit):
    assert not answer(edit).written
    assert _graded_by_nbgrader(edit) == (0, 10)


def test_both_halves_are_in_the_form():
    step = answer(WRITTEN["in two halves"])
    assert step.cell.source == f"{MINE}\n\nRow = query."


def test_text_below_an_answer_stays_where_it_stood():
    steps = assembled(do.insert("own_words", do.words("One more thought."))).steps
    own = [step for step in steps if step.is_own]
    assert [step.cell.source for step in own] == ["One more thought."]


def _graded_by_nbgrader(edit: do.Edit) -> tuple[float | None, float]:
    """Return points and maximum points, as nbgrader reads them from the graded notebook."""
    made, ran = assembled(edit), RunResult()
    grades = tuple(score_cells(made.steps, ran, made.unwritten))
    notebook = graded_notebook(week05.released().metadata, made.steps, ran, grades, 10**6)
    return determine_grade(week05.cell(notebook, "own_words"))
