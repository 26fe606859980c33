"""Week 5 as a student opens it, and its solution: Run All, the checks' cards, the pictures, the widgets."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from grader.build.build import make
from utils.weeks import find_week

from .browser_window import open_window
from .lab_server import REPOSITORY, LabServer
from .notebook_page import NotebookPage, drag_slider, open_notebook, wait_for_change

pytestmark = pytest.mark.slow

WEEK = find_week(5)
CHECK = "application/vnd.gpt2-course.check+json"


@dataclass
class Run:
    """A notebook of week 5 after Run All."""

    name: str
    notebook: NotebookPage

    def checks(self) -> dict[int, dict]:
        """What each check said, by its cell."""
        said = {}
        for place, outputs in enumerate(self.notebook.outputs()):
            for output in outputs:
                if CHECK in output.get("data", {}):
                    said[place] = output["data"][CHECK]
        return said

    def places_of_checks(self) -> list[int]:
        """The cells that check something."""
        return [place for place, source in enumerate(self.notebook.sources()) if source.startswith("checks.")]

    def errors(self) -> set[str]:
        """The names of the exceptions in all outputs."""
        outputs = [output for outputs in self.notebook.outputs() for output in outputs]
        return {output["ename"] for output in outputs if output["output_type"] == "error"}

    def card(self, place: int) -> str:
        """The text of the check's card as it stands on the page."""
        card = self.notebook.cell(place).wait_for_selector(".jp-OutputArea-output [data-check]")
        return card.inner_text()


@pytest.fixture(scope="module")
def released(lab: LabServer, browser: Browser) -> Iterator[Run]:
    """The notebook that students get, every cell run."""
    yield from _run("released", browser, lab, f"course/{WEEK.folder}/{WEEK.notebook}.ipynb")


@pytest.fixture(scope="module")
def solved(lab: LabServer, browser: Browser, classroom: Path) -> Iterator[Run]:
    """The notebook with its solutions, made for this test, every cell run."""
    for path, content in make(REPOSITORY, WEEK).moved(REPOSITORY, classroom).solutions.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    yield from _run("solved", browser, lab, f"solutions/{WEEK.folder}/{WEEK.notebook}.ipynb")


@pytest.fixture(scope="module", params=["released", "solved"])
def run(request: pytest.FixtureRequest) -> Run:
    """Either notebook."""
    return request.getfixturevalue(request.param)


def _run(name: str, browser: Browser, lab: LabServer, path: str) -> Iterator[Run]:
    window = open_window(browser)
    notebook = open_notebook(window, lab, path)
    notebook.run_all()
    yield Run(name, notebook)
    window.page.context.close()


def test_an_untouched_notebook_runs_to_its_end(released: Run) -> None:
    counts = released.notebook.execution_counts()
    assert counts == list(range(1, len(counts) + 1))
    assert released.errors() == set()


def test_every_check_says_that_its_exercise_is_not_written_yet(released: Run) -> None:
    said = released.checks()
    assert list(said) == released.places_of_checks() and len(said) >= 8
    for place, check in said.items():
        assert (check["passed"], check["headline"]) == (False, "not written yet")
        card = released.card(place)
        assert check["check"] in card and "not written yet" in card and check["lines"][0][1] in card


def test_the_solution_runs_without_an_error(solved: Run) -> None:
    counts = solved.notebook.execution_counts()
    assert counts == list(range(1, len(counts) + 1))
    assert solved.errors() == set()


def test_every_check_passes_the_solution_in_one_line(solved: Run) -> None:
    said = solved.checks()
    assert list(said) == solved.places_of_checks() and len(said) >= 8
    for place, check in said.items():
        assert check["passed"] is True
        card = solved.card(place)
        assert card.startswith(f"✓ {check['check']}") and card.endswith(check["headline"])
        assert "\n" not in card


def test_the_first_look_is_drawn_and_moves(run: Run) -> None:
    notebook = run.notebook
    cell = notebook.cell("pictures.attention_explorer(")
    shown = cell.wait_for_selector(".widget-html")
    before = shown.inner_text()
    drag_slider(cell, 0, slider=2)
    assert "reads" in wait_for_change(shown, before)


def test_circuitsvis_shows_every_head(run: Run) -> None:
    notebook = run.notebook
    cell = notebook.cell("pictures.attention_heads(words, patterns[layer])")
    cell.wait_for_selector(".course-view canvas")
    cell.wait_for_selector("h3:text('Head 0 Zoomed')")


def test_softmax_saturates_under_the_slider(run: Run) -> None:
    notebook = run.notebook
    cell = notebook.cell("pictures.scaling_demo(")
    shown = cell.wait_for_selector(".widget-html")
    before = shown.inner_text()
    drag_slider(cell, 1)
    wait_for_change(shown, before)


def test_the_students_own_pictures_are_drawn(solved: Run) -> None:
    cell = solved.notebook.cell('title="scores after your mask"')
    cell.wait_for_selector(".heatmaplayer image, .heatmaplayer .hm")
    solved.notebook.cell("pictures.attention_heads(words, mine[0])").wait_for_selector(".course-view canvas")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_there_is_a_screenshot_in_each_theme(run: Run, theme: str, screenshots: Path) -> None:
    notebook = run.notebook
    notebook.choose_theme(theme)
    taken = notebook.screenshots(screenshots, f"week05-{run.name}-{theme.rsplit(maxsplit=1)[-1].lower()}")
    assert len(taken) > 10 and all(path.stat().st_size > 10_000 for path in taken)


def test_nothing_asked_the_network_and_no_error_is_ours(run: Run) -> None:
    assert run.notebook.window.trouble() == []
