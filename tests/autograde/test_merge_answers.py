"""The notebook that is graded is the instructor's; the answers are the student's."""

import json

import nbformat
import pytest

from grader.autograde.merge_answers import MergedNotebook, merge_answers
from grader.autograde.source import read_source
from grader.autograde.submission import Unreadable, read_submission

from . import week05


def assembled(notebook) -> MergedNotebook:
    source = read_source(week05.WEEK.folder, week05.RELEASED.read_bytes())
    return merge_answers(source, read_submission(json.dumps(notebook).encode(), max_bytes=2**25))


def names(result: MergedNotebook) -> list[str]:
    """What runs, in order."""
    return [step.name for step in result.steps if step.is_run or step.is_check]


def source_of(result: MergedNotebook, name: str) -> str:
    return next(step.cell.source for step in result.steps if step.name == name)


def test_an_honest_submission_is_nothing_odd():
    result = assembled(week05.solved())
    assert result.odd == []
    assert source_of(result, "causal_mask") == week05.answers()["causal_mask"]


def test_checks_and_set_up_are_the_instructors():
    notebook = week05.solved()
    for name in ("check_causal_mask", "set_up"):
        week05.cell(notebook, name).source = "print('mine')"
    week05.cell(notebook, "check_causal_mask").metadata.nbgrader.points = 1000
    result = assembled(notebook)
    assert source_of(result, "check_causal_mask") == "checks.causal_mask(causal_mask)"
    assert "import" in source_of(result, "set_up")
    (check,) = (step for step in result.steps if step.name == "check_causal_mask")
    assert check.cell.metadata.nbgrader.points == 16


def test_demonstrations_do_not_run_whatever_was_made_of_them():
    notebook = week05.solved()
    looks = [cell for cell in notebook.cells if "look" in cell.metadata.get("tags", ())]
    looks[0].source = "1/0"
    looks[1].metadata = {}
    assert names(assembled(notebook)) == names(assembled(week05.solved()))


def test_the_first_of_two_copies_counts():
    notebook = week05.solved()
    copy = nbformat.from_dict(week05.cell(notebook, "causal_mask"))
    copy.source, copy.id = "causal_mask = None", "copy"
    notebook.cells.append(copy)
    result = assembled(notebook)
    assert source_of(result, "causal_mask") == week05.answers()["causal_mask"]
    assert names(result).count("causal_mask") == 1
    (odd,) = result.odd
    assert "causal_mask is there again" in odd


def test_the_stub_of_a_missing_answer_does_not_run():
    notebook = week05.solved()
    notebook.cells.remove(week05.cell(notebook, "causal_mask"))
    result = assembled(notebook)
    assert "causal_mask" not in names(result)
    assert result.unwritten == {"causal_mask"}
    assert result.odd == ["causal_mask is missing: nothing runs in its place"]


def test_a_renamed_answer_is_known_by_its_id():
    notebook = week05.solved()
    week05.cell(notebook, "causal_mask").metadata.nbgrader.grade_id = "my mask"
    result = assembled(notebook)
    assert source_of(result, "causal_mask") == week05.answers()["causal_mask"]
    assert result.odd == []


def test_a_code_answer_in_a_text_cell_is_code():
    notebook = week05.solved()
    week05.cell(notebook, "causal_mask").cell_type = "markdown"
    result = assembled(notebook)
    assert "causal_mask" in names(result)
    assert result.odd == ["causal_mask is a markdown cell: taken as code"]


def test_moved_cells_are_put_back():
    notebook = week05.solved()
    for name in ("check_causal_mask", "project_qkv"):
        moved = week05.cell(notebook, name)
        notebook.cells.remove(moved)
        notebook.cells.append(moved)
    assert names(assembled(notebook)) == names(assembled(week05.solved()))


def test_own_cells_run_where_they_stood():
    notebook = week05.insert_after(week05.solved(), "project_qkv", "helper = 1")
    order = names(assembled(notebook))
    place = order.index("project_qkv")
    assert order[place + 1].startswith("cell ")
    assert order[place + 2] == "check_project_qkv"


def test_no_metadata_of_the_submissions_gets_through():
    notebook = week05.solved()
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]
    notebook.metadata["kernelspec"] = {"name": "mine"}
    steps = assembled(notebook).steps
    assert not any("skip-execution" in step.cell.metadata.get("tags", ()) for step in steps)


def test_saved_outputs_are_forgotten():
    notebook = week05.solved()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "16"})]
    assert not any(step.cell.get("outputs") for step in assembled(notebook).steps)


def test_another_weeks_notebook_is_said():
    other = week05.REPOSITORY / "course/week04_mlp/mlp.ipynb"
    with pytest.raises(Unreadable, match=r"other named cells of week05_attention, 4 are in this"):
        assembled(nbformat.read(other, as_version=4))


def test_an_answer_in_words_is_the_students_and_its_checksum_the_instructors():
    notebook = week05.solved(own_words="It looks back.")
    (step,) = (step for step in assembled(notebook).steps if step.name == "own_words")
    assert step.cell.source == "It looks back."
    assert step.written
    assert (
        step.cell.metadata.nbgrader.checksum
        == week05.cell(week05.released(), "own_words").metadata.nbgrader.checksum
    )


def with_task(*below: nbformat.NotebookNode) -> tuple[bytes, dict]:
    """Week 5 with a task at its end as it was released, and a submission that answers below it."""
    task = nbformat.v4.new_markdown_cell("Explain one behaviour.", id="capstone")
    flags = {"grade": False, "locked": True, "solution": False, "task": True}
    task.metadata.nbgrader = {**flags, "grade_id": "capstone", "points": 30, "schema_version": 3}
    released, submitted = nbformat.read(week05.RELEASED, as_version=4), week05.solved()
    released.cells.append(task)
    mine = nbformat.from_dict(task)
    mine.source = "Explain nothing."
    submitted.cells += [mine, *below]
    return nbformat.writes(released).encode(), submitted


@pytest.mark.parametrize(
    ("below", "written"),
    [([], False), ([" "], False), (["I chose the pronouns."], True), (["", "Three experiments."], True)],
)
def test_a_task_is_answered_by_the_students_own_cells_below_it(below, written):
    released, submitted = with_task(*map(nbformat.v4.new_markdown_cell, below))
    source = read_source("week05_attention, with a task", released)
    result = merge_answers(source, read_submission(json.dumps(submitted).encode(), max_bytes=2**25))
    place = next(place for place, step in enumerate(result.steps) if step.name == "capstone")
    task, *answer = result.steps[place:]
    assert (task.cell.source, task.written) == ("Explain one behaviour.", written)
    assert [step.cell.source for step in answer] == below


HELPER = """
import math

LIMIT = -1e9

def helper(x):
    return x * LIMIT

print(helper(3))
slow = helper(4)
"""


def test_what_a_demonstration_defines_is_there_and_what_it_does_is_not_done():
    notebook = week05.solved()
    looks = [cell for cell in notebook.cells if "look" in cell.metadata.get("tags", ())]
    looks[0].source += f"\n{HELPER}"
    copy = nbformat.v4.new_code_cell(HELPER, metadata={"tags": ["look", "raises-exception"]})
    notebook.cells.append(copy)
    found = [step.cell.source for step in assembled(notebook).steps if step.is_run and step.is_own]
    assert len(found) == 2
    for source in found:
        assert "def helper(x):\n    return x * LIMIT" in source
        assert "import math" in source
        assert "print" not in source
        assert "slow" not in source


@pytest.mark.parametrize(
    "code", ["import math\nx = f()", "def f(:", "a" * 10, "x = !ls", "import a" + ".b" * 10**5]
)
def test_a_demonstration_that_defines_nothing_is_left_alone(code):
    notebook = week05.solved()
    next(cell for cell in notebook.cells if "look" in cell.metadata.get("tags", ())).source = code
    assert [step.name for step in assembled(notebook).steps if step.is_run and step.is_own] == []
