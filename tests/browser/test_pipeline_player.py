"""The pipeline player in JupyterLab, without a network: it plays, pauses, steps and reads any prompt."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ElementHandle, Page

from utils.reference import load

from .browser_window import open_window
from .lab_server import LabServer
from .notebook_page import NotebookPage, open_notebook, wait_for_change, wait_for_text, write_notebook

pytestmark = pytest.mark.slow

PLAYER = """
from utils import pictures, reference

pictures.pipeline_player(reference.load(), "The cat sat")
""".strip()

CHOSEN = """cell => [...cell.querySelectorAll('.course-stage')]
    .findIndex(box => box.style.borderTopWidth === '2px')"""
"""The place of the stage that is shown."""


@pytest.fixture(scope="module")
def notebook(lab: LabServer, browser: Browser, classroom: Path) -> Iterator[NotebookPage]:
    """A notebook with one player, run."""
    write_notebook(classroom / "player.ipynb", [PLAYER])
    window = open_window(browser)
    page = open_notebook(window, lab, "player.ipynb")
    page.run_all()
    yield page
    assert window.trouble() == []
    window.page.context.close()


@pytest.fixture
def cell(notebook: NotebookPage) -> ElementHandle:
    """The player's cell, at the first step."""
    element = notebook.cell(0)
    element.wait_for_selector(".course-stage")
    click(element, "stop")
    wait_for_step(element, "=== 0")
    return element


def click(cell: ElementHandle, icon: str) -> None:
    """Press the button with this icon."""
    cell.wait_for_selector(f"button:has(.fa-{icon})").click()


def step(cell: ElementHandle) -> int:
    return window_of(cell).evaluate(CHOSEN, cell)


def wait_for_step(cell: ElementHandle, condition: str) -> None:
    """Wait until the number of the step that is shown fulfils `condition`, such as `> 2`."""
    window_of(cell).wait_for_function(f"cell => ({CHOSEN})(cell) {condition}", arg=cell)


def window_of(cell: ElementHandle) -> Page:
    return cell.owner_frame().page


def test_it_plays_and_pauses_where_it_is(cell: ElementHandle) -> None:
    click(cell, "play")
    wait_for_step(cell, ">= 2")
    click(cell, "pause")
    cell.wait_for_selector("button:has(.fa-play)")
    here = step(cell)
    click(cell, "step-forward")
    wait_for_step(cell, f"=== {here + 1}")


def test_it_goes_on_from_where_it_was_stepped_to(cell: ElementHandle) -> None:
    for place in (1, 2, 3):
        click(cell, "step-forward")
        wait_for_step(cell, f"=== {place}")
    click(cell, "step-backward")
    wait_for_step(cell, "=== 2")
    click(cell, "play")
    wait_for_step(cell, ">= 4")
    click(cell, "pause")


def test_a_prompt_of_the_students_own_changes_the_shapes(cell: ElementHandle) -> None:
    shown = cell.query_selector(".widget-html")
    box = cell.query_selector("input[type=text]")
    prompt = "Naïve 🙂 cats, and 12 dogs"
    box.fill(prompt)
    box.press("Enter")
    seq = len(load(quiet=True).tokenizer.encode(prompt))
    wait_for_text(shown, f"1 × {seq} × {load(quiet=True).config.d_model}")


def test_the_next_token_is_put_behind_the_prompt(cell: ElementHandle) -> None:
    shown = cell.query_selector(".widget-html")
    box = cell.query_selector("input[type=text]")
    box.fill("The cat sat")
    box.press("Enter")
    wait_for_text(shown, "11 characters")
    before = shown.inner_text()
    click(cell, "repeat")
    assert "The cat sat" in wait_for_change(shown, before)
    assert box.input_value() != "The cat sat"
    assert box.input_value().startswith("The cat sat")
