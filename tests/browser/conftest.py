"""The browser tests' fixtures: a copy of the course, JupyterLab on it, Chromium without a network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from needed_programs import need
from playwright.sync_api import Browser, sync_playwright

from .browser_window import CHROMIUM, Window, open_window, start_browser
from .lab_server import REPOSITORY, LabServer

# Playwright keeps an event loop running while it is open, and a test elsewhere could not start its own.
# So nothing here outlives this folder's tests.


@pytest.fixture(scope="package")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of `course/`, which JupyterLab opens and tests may change."""
    folder = tmp_path_factory.mktemp("classroom")
    shutil.copytree(REPOSITORY / "course", folder / "course")
    return folder


@pytest.fixture(scope="package")
def lab(classroom: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """JupyterLab, as `make lab` starts it, in the classroom."""
    with LabServer(classroom, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    need("Chromium", CHROMIUM)
    with sync_playwright() as playwright:
        chromium = start_browser(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    """A fresh browser window without a network."""
    window = open_window(browser)
    yield window
    window.page.context.close()


@pytest.fixture(scope="package")
def screenshots() -> Path:
    """Where screenshots are left to be looked at; git ignores it."""
    folder = REPOSITORY / "tests" / "output" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
