"""Every picture is drawn and every widget moves, in JupyterLab and Notebook 7, with the network blocked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, ElementHandle

from .browser_window import Window, open_window
from .gallery import (
    ALL_HEADS,
    CELLS,
    CURVES,
    DRAWN,
    DRAWN_AGAIN,
    EXPLORER,
    LOSSES,
    MANY_CURVES,
    ONE_HEAD,
    PATTERN,
    QUIZ,
    SCALING,
)
from .lab_server import LabServer
from .notebook_page import (
    NotebookPage,
    drag_slider,
    open_in_notebook_7,
    open_notebook,
    wait_for_change,
    wait_for_text,
    write_notebook,
)

pytestmark = pytest.mark.slow

HAS_INK = """canvas => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 5;
}"""
"""Whether a canvas shows more than a plain area."""


@pytest.fixture(scope="module")
def gallery(lab: LabServer, browser: Browser, classroom: Path) -> Iterator[NotebookPage]:
    """The notebook of all pictures, open in JupyterLab, every cell run."""
    write_notebook(classroom / "gallery.ipynb", CELLS)
    window = open_window(browser)
    notebook = open_notebook(window, lab, "gallery.ipynb")
    notebook.run_all()
    yield notebook
    window.page.context.close()


def wait_until_drawn(page: NotebookPage, source: str, drawn: dict[str, tuple] = DRAWN) -> ElementHandle:
    """The cell, as soon as all that must be in it is there."""
    cell = page.cell(source)
    selector, count = drawn[source]
    page.window.page.wait_for_function(
        "([cell, selector, count]) => cell.querySelectorAll(selector).length >= count",
        arg=[cell, selector, count],
    )
    return cell


@pytest.mark.parametrize("source", DRAWN)
def test_it_is_drawn(gallery: NotebookPage, source: str) -> None:
    wait_until_drawn(gallery, source)


@pytest.mark.parametrize("source", [CURVES, MANY_CURVES, LOSSES])
def test_the_legend_meets_neither_the_title_nor_the_lines(gallery: NotebookPage, source: str) -> None:
    cell = wait_until_drawn(gallery, source)
    legend = cell.query_selector(".legend").bounding_box()
    for selector in (".gtitle", ".nsewdrag"):
        other = cell.query_selector(selector)
        assert other is None or not _meet(legend, other.bounding_box()), selector


def _meet(one: dict[str, float], other: dict[str, float]) -> bool:
    """True if two boxes have a point in common."""
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


@pytest.mark.parametrize("source", [ALL_HEADS, ONE_HEAD])
def test_circuitsvis_has_painted_its_canvases(gallery: NotebookPage, source: str) -> None:
    canvases = wait_until_drawn(gallery, source).query_selector_all("canvas")
    for canvas in canvases:
        gallery.window.page.wait_for_function(HAS_INK, arg=canvas)


def test_the_head_under_the_mouse_is_shown_large(gallery: NotebookPage) -> None:
    cell = wait_until_drawn(gallery, ALL_HEADS)
    cell.wait_for_selector("h3:text('Head 0 Zoomed')")
    cell.query_selector_all("canvas")[7].hover()
    cell.wait_for_selector("h3:text('Head 7 Zoomed')")


def test_the_heatmap_says_who_reads_whom(gallery: NotebookPage) -> None:
    cell = wait_until_drawn(gallery, PATTERN)
    box = cell.query_selector(".nsewdrag").bounding_box()
    # Query 9 is ' it', key 7 is ' cat', of 12 tokens each.
    x, y = box["x"] + box["width"] * 7.5 / 12, box["y"] + box["height"] * 9.5 / 12
    gallery.window.page.mouse.move(x, y - 2)
    gallery.window.page.mouse.move(x, y)
    label = cell.wait_for_selector(".hoverlayer .hovertext")
    assert label.text_content() == "query 'it' reads key 'cat': 0.62"


def test_the_explorers_sliders_change_what_is_shown(gallery: NotebookPage) -> None:
    cell = wait_until_drawn(gallery, EXPLORER)
    shown = cell.query_selector(".widget-html")
    before = shown.inner_text()
    assert before.startswith("query . (position 11) reads")
    drag_slider(cell, 0.5, slider=2)
    middle = wait_for_change(shown, before)
    assert not middle.startswith("query . (position 11) reads")
    drag_slider(cell, 1, slider=0)
    other_layer = wait_for_change(shown, middle)
    drag_slider(cell, 0.6, slider=1)
    wait_for_change(shown, other_layer)


def test_the_scaling_slider_saturates_softmax(gallery: NotebookPage) -> None:
    cell = wait_until_drawn(gallery, SCALING)
    shown = cell.query_selector(".widget-html")
    drag_slider(cell, 0)
    wait_for_text(shown, "scores spread by ±0.9")
    drag_slider(cell, 1)
    wait_for_text(shown, "scores spread by ±31.9")


def test_a_choice_opens_to_its_reason(gallery: NotebookPage) -> None:
    cell = wait_until_drawn(gallery, QUIZ)
    first, second = cell.query_selector_all("details")
    assert not first.query_selector("div").is_visible()
    first.query_selector("summary").click()
    assert first.query_selector("div").inner_text() == "✓ Right. A row belongs to a query."
    assert first.query_selector("div").is_visible()
    assert not second.query_selector("div").is_visible()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_there_is_a_screenshot_in_each_theme(gallery: NotebookPage, screenshots: Path, theme: str) -> None:
    gallery.choose_theme(theme)
    for source in DRAWN:
        wait_until_drawn(gallery, source)
    taken = gallery.screenshots(screenshots, f"pictures-{theme.rsplit(maxsplit=1)[-1].lower()}")
    assert len(taken) > 3 and all(path.stat().st_size > 10_000 for path in taken)


def test_notebook_7_draws_the_same(window: Window, lab: LabServer, classroom: Path) -> None:
    write_notebook(classroom / "gallery7.ipynb", CELLS)
    notebook = open_in_notebook_7(window, lab, "gallery7.ipynb")
    notebook.run_all()
    for source in DRAWN:
        wait_until_drawn(notebook, source)
    assert window.trouble() == []


def test_a_saved_notebook_still_shows_its_pictures(
    gallery: NotebookPage, window: Window, lab: LabServer, classroom: Path
) -> None:
    for source in DRAWN:
        wait_until_drawn(gallery, source)
    gallery.save()
    again = open_notebook(window, lab, "gallery.ipynb")
    for source in DRAWN_AGAIN:
        wait_until_drawn(again, source, DRAWN_AGAIN)
    assert window.trouble() == []


def test_an_exported_page_shows_its_pictures(
    gallery: NotebookPage, window: Window, classroom: Path, tmp_path: Path
) -> None:
    """Also those that need JupyterLab: plotly's as the PNG that it kept, widgets as they were at first."""
    for source in DRAWN:
        wait_until_drawn(gallery, source)
    gallery.save()
    # nbconvert's own page asks for require.js and MathJax elsewhere; the pictures must do without.
    page, _ = HTMLExporter(require_js_url="", mathjax_url="").from_filename(classroom / "gallery.ipynb")
    (tmp_path / "gallery.html").write_text(page, encoding="utf-8")
    window.page.goto((tmp_path / "gallery.html").as_uri())
    for selector, count in [
        (".course-view canvas", 14),
        ("span[title^='token']", 24),
        ("span[title^='query']", 24),
        ("div[title^='score']", 16),
        ("img[src^='data:image/png']", 4),
        ("details", 2),
    ]:
        window.page.wait_for_function(
            "([selector, count]) => document.querySelectorAll(selector).length >= count",
            arg=[selector, count],
        )
    assert window.trouble() == []


def test_nothing_asked_the_network_and_no_error_is_ours(gallery: NotebookPage) -> None:
    for source in DRAWN:
        wait_until_drawn(gallery, source)
    assert gallery.window.trouble() == []
