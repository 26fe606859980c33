"""The explorer in JupyterLab, without a network: boxes open, and changes give what the model computes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ElementHandle, Page

from utils.pictures.explorer.changes import Change, SetWeights, SwitchOffHead
from utils.pictures.explorer.session import Session
from utils.reference import load
from utils.tokens import token_strings

from .browser_window import open_window
from .lab_server import LabServer
from .notebook_page import NotebookPage, open_notebook, write_notebook

pytestmark = pytest.mark.slow

TEXT, OTHER = "Anna went to the market for", "Tom went to the market for"
EXPLORER = f"""
from utils import pictures, reference

pictures.explore(reference.load(quiet=True), {TEXT!r}, other={OTHER!r}, box="attention weights", layer=1)
""".strip()

FIRST_ROW = """cell => [...cell.querySelectorAll('.ce-predictions tr:nth-child(2) :is(th, td)')]
    .map(each => each.innerText)"""
"""The most probable token's name, bar, probability and logit."""


@pytest.fixture(scope="module")
def notebook(lab: LabServer, browser: Browser, classroom: Path) -> Iterator[NotebookPage]:
    """A notebook with one explorer, run."""
    write_notebook(classroom / "explorer.ipynb", [EXPLORER])
    window = open_window(browser)
    page = open_notebook(window, lab, "explorer.ipynb")
    page.run_all()
    yield page
    assert window.trouble() == []
    window.page.context.close()


@pytest.fixture
def cell(notebook: NotebookPage) -> ElementHandle:
    """The explorer's cell, as it was at first."""
    notebook.run_all()
    element = notebook.cell(0)
    element.wait_for_selector(".ce-open")
    return element


def page_of(cell: ElementHandle) -> Page:
    return cell.owner_frame().page


def press(cell: ElementHandle, key: str) -> None:
    """Click what has this key."""
    cell.wait_for_selector(f'[data-key="{key}"]').click()


def wait(cell: ElementHandle, condition: str) -> None:
    """Wait until a condition on the cell holds."""
    page_of(cell).wait_for_function(f"cell => {condition}", arg=cell)


def wait_for_open(cell: ElementHandle, name: str) -> None:
    wait(cell, f"cell.querySelector('.ce-open').ariaLabel === {json.dumps(name)}")


def expected(*changes: Change) -> tuple[str, float]:
    """The most probable next token and its logit, by the model without a browser."""
    logits = Session(load(quiet=True)).run(TEXT, changes).logits[-1]
    return token_strings([int(logits.argmax())])[0], float(f"{logits.max().item():.4g}")


def assert_shows(cell: ElementHandle, *changes: Change) -> None:
    """The changes' number of lines is there, and the next token is the one that the model gives with them."""
    wait(cell, f"cell.querySelectorAll('[data-key^=undo]:not([data-key$=all])').length === {len(changes)}")
    token, logit = expected(*changes)
    shown, _, _, its_logit = page_of(cell).evaluate(FIRST_ROW, cell)
    assert (shown, float(its_logit.replace("−", "-"))) == (token, pytest.approx(logit, rel=1e-3))


def test_a_box_opens_by_click_and_by_key(cell: ElementHandle) -> None:
    press(cell, "box q")
    wait_for_open(cell, "q")
    assert "ln_1 · W_Q + b_Q" in cell.inner_text()
    page_of(cell).keyboard.press("ArrowDown")  # the focus is on the box
    page_of(cell).keyboard.press("Enter")
    wait_for_open(cell, "k")
    press(cell, "next")
    wait_for_open(cell, "v")


def test_stepping_goes_from_block_to_block(cell: ElementHandle) -> None:
    press(cell, "box block output")
    wait_for_open(cell, "block output")
    press(cell, "next")
    wait_for_open(cell, "residual stream")
    wait(cell, "cell.querySelector('[data-key=\"block 2\"]').ariaPressed === 'true'")
    press(cell, "back")
    wait_for_open(cell, "block output")
    wait(cell, "cell.querySelector('[data-key=\"block 1\"]').ariaPressed === 'true'")


def test_what_is_set_by_hand_gives_what_the_model_gives(cell: ElementHandle) -> None:
    last = len(load(quiet=True).tokenizer.encode(TEXT)) - 1
    assert_shows(cell)
    press(cell, "weights itself")
    weights = SetWeights(1, 0, last, (0.0,) * last + (1.0,))
    assert_shows(cell, weights)
    press(cell, "head 2")
    wait(cell, "cell.querySelector('[data-key=\"head 2\"]').ariaPressed === 'true'")
    press(cell, "switch off head 2 of block 1")
    assert_shows(cell, weights, SwitchOffHead(1, 2))
    press(cell, "undo 0")
    assert_shows(cell, SwitchOffHead(1, 2))
    press(cell, "undo 0")
    assert_shows(cell)


def test_a_token_is_drawn_and_appended(cell: ElementHandle) -> None:
    temperature = cell.wait_for_selector('[data-key="sampler temperature"]')
    temperature.fill("0")
    temperature.press("Enter")
    wait(cell, "cell.querySelector('.ce-predictions').innerText.includes('100%')")
    before = len(cell.query_selector_all('[data-key^="token "]:not([data-key*="second"])'))
    press(cell, "append")
    wait(cell, f"cell.querySelectorAll('.ce-tokens')[0].children.length === {before + 1}")
    assert cell.query_selector('[data-key="text text"]').input_value().startswith(TEXT)


def test_a_text_that_cannot_be_run_leaves_a_sentence(cell: ElementHandle) -> None:
    text = cell.wait_for_selector('[data-key="text text"]')
    text.fill("")
    text.press("Enter")
    wait(cell, "cell.querySelector('.ce-message')?.innerText.includes('The text is empty')")
    text = cell.wait_for_selector('[data-key="text text"]')
    text.fill("Größe, 猫 🙂")
    text.press("Enter")
    wait(cell, "!cell.querySelector('.ce-message')")
    ids = load(quiet=True).tokenizer.encode("Größe, 猫 🙂")
    strip = cell.query_selector(".ce-tokens")
    assert [each.inner_text() for each in strip.query_selector_all(".ce-token")] == token_strings(ids)


@pytest.mark.parametrize(("theme", "width"), [("Light", 1280), ("Dark", 1280), ("Light", 900)])
def test_it_fits_and_is_pictured(
    notebook: NotebookPage, cell: ElementHandle, screenshots: Path, theme, width
) -> None:
    page = page_of(cell)
    size = page.viewport_size
    notebook.choose_theme(f"JupyterLab {theme}")
    page.set_viewport_size({"width": width, "height": 1600})
    try:
        explorer = cell.wait_for_selector(".course-explorer")
        assert explorer.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
        explorer.screenshot(path=screenshots / f"explorer-{theme.lower()}-{width}.png")
    finally:
        page.set_viewport_size(size)
        notebook.choose_theme("JupyterLab Light")
