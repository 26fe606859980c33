"""Every week's notebook is recognised, even without any grade_id, and no other week's is taken for it."""

import json
from typing import Any

import nbformat
import pytest

from utils.notebook.assembly import assemble_notebook
from utils.notebook.released import released_cells, released_notebook
from utils.notebook.submitted import SubmittedCell, Unreadable, read_submission
from utils.weeks import WEEKS

RELEASES = {week.folder: released_cells(released_notebook(week.folder)) for week in WEEKS}


def _whole(cell: dict[str, Any]) -> None:
    """Leave the notebook as it is."""


def _without_names(cell: dict[str, Any]) -> None:
    cell["metadata"] = {}


def _without_anything(cell: dict[str, Any]) -> None:
    cell["metadata"] = {}
    del cell["id"]


def submitted(week: str, change) -> list[SubmittedCell]:
    """Return the week's released notebook with every cell changed."""
    notebook = json.loads(nbformat.writes(released_notebook(week)))
    for cell in notebook["cells"]:
        change(cell)
    return read_submission(json.dumps(notebook).encode(), max_bytes=2**25)


@pytest.mark.parametrize("change", [_whole, _without_names, _without_anything])
@pytest.mark.parametrize("week", RELEASES)
def test_a_week_is_known_and_no_other_is_taken_for_it(week, change):
    cells = submitted(week, change)
    assembled = assemble_notebook(week, RELEASES[week], cells)
    found = {step.name for step in assembled.steps if step.number and step.name}
    assert found >= {each.name for each in RELEASES[week] if each.name}
    for other in RELEASES.keys() - {week}:
        with pytest.raises(Unreadable, match=f"named cells of {other}"):
            assemble_notebook(other, RELEASES[other], cells)


@pytest.mark.parametrize("week", RELEASES)
def test_the_untouched_notebook_is_nothing_odd_and_unwritten(week):
    assembled = assemble_notebook(week, RELEASES[week], submitted(week, _whole))
    answers = [each for each in RELEASES[week] if each.role == "answer"]
    assert assembled.remarks == []
    assert assembled.unwritten == {name for each in answers for name in each.defines}
    assert not any(step.is_students for step in assembled.steps)


@pytest.mark.parametrize("week", RELEASES)
def test_every_stub_defines_what_its_exercise_is_called(week):
    assert all(each.defines == {each.name} for each in RELEASES[week] if each.role == "answer")


@pytest.mark.parametrize("named", [0, 1, None])
def test_an_answer_of_two_classes_may_be_two_cells(named):
    """Week 7's Llama is made of a LlamaBlock; either cell, or neither, still has the metadata."""
    week = "week07_transformer"
    notebook = json.loads(nbformat.writes(released_notebook(week)))
    places = [n for n, cell in enumerate(notebook["cells"]) if "class LlamaBlock" in "".join(cell["source"])]
    (place,) = places
    halves = [
        {**notebook["cells"][place], "source": f"class {name}: pass"} for name in ("LlamaBlock", "Llama")
    ]
    for number, half in enumerate(halves):
        if number != named:
            half["metadata"] = {}
            half["id"] = f"half-{number}"
    notebook["cells"][place : place + 1] = halves
    cells = read_submission(json.dumps(notebook).encode(), max_bytes=2**25)
    assembled = assemble_notebook(week, RELEASES[week], cells)
    assert "Llama" not in assembled.unwritten
    text = "\n".join(step.cell.source for step in assembled.steps)
    assert text.count("class LlamaBlock: pass") == text.count("class Llama: pass") == 1
