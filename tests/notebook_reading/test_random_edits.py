"""Random sequences of honest edits of the perfect notebook cost no points."""

from collections.abc import Iterator

import pytest
from autograde import week05
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode

from grader.autograde.grade import cool_down
from grader.autograde.merge_answers import merge_answers
from grader.autograde.source import read_source
from grader.autograde.submission import read_submission
from utils.notebook.assembly import assemble_notebook
from utils.notebook.code import parsed
from utils.notebook.released import released_cells, released_notebook

from . import edits as do

ANSWERS = [name for name in week05.answers() if name != "own_words"]
CHECKS = [f"check_{name}" for name in ANSWERS]
SMALL = st.integers(0, 7)


@pytest.fixture(scope="module", autouse=True)
def _warm_parent() -> Iterator[None]:
    yield
    cool_down()


def _split_between_statements(name: str, at: int) -> do.Edit:
    """Add statements to an answer and split it between them."""

    def edit(notebook: NotebookNode) -> None:
        do.append(name, f"\nLIMIT_{at} = {at}\n\ndef _help_{at}():\n    return LIMIT_{at}")(notebook)
        body = parsed(do.cell(notebook, name).source) or []
        ends = [statement.end_lineno for statement in body[:-1]]
        if ends:
            do.split(name, ends[at % len(ends)])(notebook)

    return edit


def _helper(name: str, number: int, behind: bool) -> do.Edit:
    """Add a helper in a cell of its own, which an answer calls."""

    def edit(notebook: NotebookNode) -> None:
        helper = do.own(f"import math\n\ndef _aid_{name}_{number}():\n    return math.pi")
        notebook.cells.insert(do.place(notebook, name) + behind, helper)
        answer = do.cell(notebook, name)
        answer.source = f"{answer.source}\n\n_called = [lambda: _aid_{name}_{number}()]"

    return edit


names, checks = st.sampled_from(ANSWERS), st.sampled_from(CHECKS)
whole = st.one_of(
    st.builds(do.copied, names),
    st.builds(do.copied, names, st.just(0)),
    st.builds(do.copied, checks),
    st.builds(do.moved, names, st.sampled_from([0, -1, 20])),
    st.builds(do.moved, checks, st.sampled_from([0, -1, 20])),
    st.builds(_split_between_statements, names, SMALL),
    st.builds(_helper, names, SMALL, st.booleans()),
    st.builds(
        do.prepend, names, st.sampled_from(["import pandas", "breakpoint()", "1 / 0", "%matplotlib inline"])
    ),
    st.builds(
        do.insert,
        checks,
        st.builds(do.own, st.sampled_from(["1 / 0", "print('x')", "import matplotlib", ""])),
    ),
    st.builds(
        do.append, st.just("set_up"), st.sampled_from(["import itertools", "def four():\n    return 4"])
    ),
    st.builds(do.delete, checks),
)
"""Edits after which every remaining cell has its grade_id."""
last = st.sampled_from(
    [
        lambda notebook: None,
        do.without_names,
        do.without_ids,
        do.colab,
        do.kaggle,
        do.vs_code,
        do.crlf,
        do.format_3,
    ]
)
"""Final edits, of the file as a whole."""


def edited(several: list[do.Edit], end: do.Edit) -> bytes:
    """Return the file after the edits; edits whose cells are gone by then are skipped."""

    def edit(notebook: NotebookNode) -> object:
        for each in several:
            try:
                each(notebook)
            except StopIteration:  # its cell was deleted
                continue
        return end(notebook)

    return do.as_bytes(do.made(edit))


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(whole, min_size=1, max_size=6), last)
def test_no_point_is_lost(several, end):
    graded = week05.grade(edited(several, end))
    assert (graded.problem, week05.lost(graded)) == ("", set())


@settings(max_examples=60)
@given(st.lists(whole, min_size=1, max_size=6), last)
def test_what_is_graded_is_what_course_check_runs(several, end):
    submitted = read_submission(edited(several, end), max_bytes=2**25)
    by_grader = merge_answers(read_source(week05.WEEK.folder, week05.RELEASED.read_bytes()), submitted)
    release = released_cells(released_notebook(week05.WEEK.folder))
    by_check = assemble_notebook(week05.WEEK.folder, release, submitted)
    assert [(step.name, step.pieces) for step in by_grader.steps] == [
        (step.name, step.pieces) for step in by_check.steps
    ]
    assert (by_grader.odd, by_grader.unwritten) == (by_check.remarks, by_check.unwritten)


@settings(max_examples=60)
@given(st.lists(whole, min_size=1, max_size=6), last)
def test_every_answer_runs_before_its_check(several, end):
    submitted = read_submission(edited(several, end), max_bytes=2**25)
    steps = merge_answers(read_source(week05.WEEK.folder, week05.RELEASED.read_bytes()), submitted).steps
    for name in ANSWERS:
        before = steps[: next(at for at, step in enumerate(steps) if step.name == f"check_{name}")]
        code = "\n".join(piece for step in before for piece in step.pieces)
        assert f"def {name}(" in code or f"class {name}(" in code
