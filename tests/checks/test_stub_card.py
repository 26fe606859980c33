"""A demonstration that calls an unwritten exercise shows a card; every other error is shown as usual."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

STUBS = """
import asyncio, functools
import utils.checks

def greedy(logits):
    # YOUR CODE HERE
    raise NotImplementedError()

def half():
    raise NotImplementedError("only even numbers")

class KVCache:
    def __init__(self, n_layers):
        raise NotImplementedError()
"""
CALLS = {
    "greedy(1)": "greedy",
    "functools.reduce(lambda left, right: greedy(left), [1, 2])": "greedy",
    "KVCache(2)": "KVCache",
    "heat = 2\ntokens = greedy(heat)\ndef shown(): pass": "greedy",
    "print(tokens)": "greedy",
    "text = [shown() for _ in range(2)]": "greedy",
    "print(text)": "greedy",
    "half()": None,
    "raise NotImplementedError()": None,
    "asyncio.AbstractEventLoop().time()": None,
    "1 / 0": None,
    "tokes": None,
}
"""A call: the exercise that its card names, or None where the error is shown as always."""


def run(monkeypatch, grading: str = "", allow_errors: bool = True) -> dict[str, dict]:
    """The one output that a kernel shows for each of CALLS."""
    monkeypatch.setenv("NBGRADER_EXECUTION", grading)
    cells = [nbformat.v4.new_code_cell(source) for source in (STUBS, *CALLS)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", allow_errors=allow_errors).execute()
    return {cell.source: cell.outputs[0] for cell in cells[1:] if len(cell.outputs) == 1}


@pytest.fixture(scope="module")
def shown():
    with pytest.MonkeyPatch.context() as patch:
        return run(patch)


@pytest.mark.parametrize("call", [call for call, name in CALLS.items() if name])
def test_the_card_names_the_exercise_and_shows_no_stack(shown, call):
    assert shown[call].output_type == "display_data"
    text = shown[call].data["text/plain"]
    assert text.startswith(f"○ {CALLS[call]} ") and "not written yet" in text
    assert f" your {CALLS[call]}: write it" in text and "Traceback" not in text
    assert set(shown[call].data) == {"text/plain", "text/html"}  # a check's report it is not


def test_a_cell_that_needs_what_a_stopped_one_would_have_made_says_so(shown):
    assert (
        "needs tokens, which a cell above makes with your greedy" in shown["print(tokens)"].data["text/plain"]
    )


@pytest.mark.parametrize("call", [call for call, name in CALLS.items() if not name])
def test_other_errors_are_shown_as_always(shown, call):
    assert shown[call].output_type == "error"
    assert shown[call].traceback


def test_where_a_grade_is_made_the_error_is_what_counts(monkeypatch):
    assert {each.output_type for each in run(monkeypatch, "autograde").values()} == {"error"}


def test_to_jupyter_the_cell_has_failed(monkeypatch):
    with pytest.raises(CellExecutionError):
        run(monkeypatch, allow_errors=False)
