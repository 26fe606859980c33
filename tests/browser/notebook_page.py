"""A notebook in an open JupyterLab (or Notebook 7) page: run it, read it, look at it, touch it.

The page's own application object answers most questions, so nothing here waits for a fixed time.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from patience import PATIENCE_S
from playwright.sync_api import ElementHandle, TimeoutError

from .browser_window import Window
from .lab_server import TOKEN, LabServer

PANEL = "const panel = window.jupyterapp.shell.currentWidget; const cells = panel.content.widgets;"
"""The open notebook and its cells, for the scripts below."""

IS_READY = """() => {
    const panel = window.jupyterapp?.shell?.currentWidget;
    return panel?.context?.isReady && panel.content?.widgets?.length > 0
        && panel.sessionContext?.session?.kernel?.status === 'idle';
}"""

RUN_ALL = """async () => {
    const { commands } = window.jupyterapp;
    await commands.execute('notebook:clear-all-cell-outputs');
    commands.execute('notebook:run-all-cells');
}"""

# The command's promise ends at the first error, also where Run All goes on, and the kernel is idle between
# two cells. So a run is over when every code cell has its number.
HAS_RUN = f"""() => {{
    {PANEL}
    const code = cells.filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim());
    return code.every(cell => cell.model.executionCount !== null && cell.model.executionState === 'idle')
        && panel.sessionContext.session.kernel.status === 'idle';
}}"""

TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class RunAllStopped(AssertionError):
    """Run All did not reach the last cell; the message says how far it came."""


@dataclass
class NotebookPage:
    """The notebook `path` as it stands in `window`."""

    window: Window
    path: str

    def run_all(self, patience_s: float = PATIENCE_S) -> None:
        """Run every cell, as the menu's Run All does, and wait until the last one has run.

        Raises:
            RunAllStopped: it did not get there.
        """
        page = self.window.page
        page.evaluate(RUN_ALL)
        try:
            page.wait_for_function(HAS_RUN, timeout=patience_s * 1000)
        except TimeoutError as error:
            counts = self.execution_counts()
            raise RunAllStopped(
                f"After {patience_s} s, {len(counts) - counts.count(None)} of {len(counts)} code cells of "
                f"{self.path} have run. The numbers in their brackets: {counts}"
            ) from error
        page.evaluate(TWO_FRAMES)

    def save(self) -> None:
        """Save the notebook, as Ctrl-S does."""
        self._ask("return panel.context.save();")

    def sources(self) -> list[str]:
        """The text of every cell."""
        return self._ask("return cells.map(cell => cell.model.sharedModel.source);")

    def outputs(self) -> list[list[dict]]:
        """Every cell's outputs as the notebook file would hold them; a cell of text has none."""
        return self._ask("return cells.map(cell => cell.model.outputs ? cell.model.outputs.toJSON() : []);")

    def execution_counts(self) -> list[int | None]:
        """The number in brackets of every code cell; None where it has not run."""
        return self._ask(
            "return cells.filter(cell => cell.model.type === 'code').map(cell => cell.model.executionCount);"
        )

    def find(self, text: str) -> int:
        """The place of the only cell whose source holds `text`."""
        places = [place for place, source in enumerate(self.sources()) if text in source]
        if len(places) != 1:
            raise LookupError(f"{len(places)} cells of {self.path} hold {text!r}; one was expected.")
        return places[0]

    def cell(self, place: int | str) -> ElementHandle:
        """The cell's element, scrolled into view; `place` is its number or a text in its source."""
        number = self.find(place) if isinstance(place, str) else place
        page = self.window.page
        page.evaluate(
            f"async place => {{ {PANEL} await panel.content.scrollToItem(place, 'start'); }}", number
        )
        page.wait_for_function(
            f"place => {{ {PANEL} return cells[place].node.isConnected; }}",
            arg=number,
            timeout=PATIENCE_S * 1000,
        )
        page.evaluate(TWO_FRAMES)
        element = page.evaluate_handle(
            f"place => {{ {PANEL} return cells[place].node; }}", number
        ).as_element()
        element.scroll_into_view_if_needed()
        return element

    def choose_theme(self, theme: str) -> None:
        """`JupyterLab Light` or `JupyterLab Dark`."""
        page = self.window.page
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        light = "false" if "Dark" in theme else "true"
        page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")

    def screenshots(self, folder: Path, name: str) -> list[Path]:
        """One picture a screenful, from the top of the notebook to its end: `name-01.png` and so on."""
        page = self.window.page
        folder.mkdir(parents=True, exist_ok=True)
        taken = []
        self._scroll_to(0)
        while True:
            page.evaluate(TWO_FRAMES)
            taken.append(folder / f"{name}-{len(taken) + 1:02d}.png")
            page.screenshot(path=taken[-1])
            if self._scroll_by_a_screen() < 1:
                return taken

    def _scroll_to(self, pixels: int) -> None:
        self._ask(f"panel.content.outerNode.scrollTop = {pixels};")

    def _scroll_by_a_screen(self) -> float:
        """How many pixels the notebook moved: 0 at its end."""
        return self._ask(
            "const box = panel.content.outerNode; const before = box.scrollTop;"
            "box.scrollTop = before + box.clientHeight - 60; return box.scrollTop - before;"
        )

    def _ask(self, script: str) -> object:
        return self.window.page.evaluate(f"() => {{ {PANEL} {script} }}")


def open_notebook(window: Window, lab: LabServer, path: str) -> NotebookPage:
    """Open the notebook `path` (relative to the server's folder) in JupyterLab and wait for its kernel."""
    return _open(window, lab, f"lab/tree/{quote(path)}?reset&token={TOKEN}", path)


def open_in_notebook_7(window: Window, lab: LabServer, path: str) -> NotebookPage:
    """The same in the page of Notebook 7, which the same server serves."""
    return _open(window, lab, f"notebooks/{quote(path)}?token={TOKEN}", path)


def _open(window: Window, lab: LabServer, address: str, path: str) -> NotebookPage:
    window.page.goto(f"{lab.address}/{address}", timeout=PATIENCE_S * 1000)
    window.page.wait_for_function(IS_READY, timeout=PATIENCE_S * 1000)
    return NotebookPage(window, path)


def drag_slider(cell: ElementHandle, part: float, slider: int = 0) -> None:
    """Take the handle of the cell's slider number `slider` by the mouse and let it go at `part` of its track.

    Args:
        part: 0 is the track's left end, 1 its right end.
    """
    track = cell.query_selector_all(".widget-slider .noUi-target, .widget-slider.noUi-target")[slider]
    track.scroll_into_view_if_needed()
    page = cell.owner_frame().page
    handle = track.query_selector(".noUi-handle").bounding_box()
    box = track.bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + part * box["width"], box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()


def wait_for_change(element: ElementHandle, before: str) -> str:
    """The element's text as soon as it is no longer `before`."""
    page = element.owner_frame().page
    page.wait_for_function("([element, before]) => element.innerText !== before", arg=[element, before])
    return element.inner_text()


def wait_for_text(element: ElementHandle, text: str) -> None:
    """Wait until the element shows `text`."""
    element.owner_frame().page.wait_for_function(
        "([element, text]) => element.innerText.includes(text)", arg=[element, text]
    )


def write_notebook(path: Path, cells: list[str]) -> None:
    """A notebook of code cells at `path`; a cell that starts with `#:` is one of text."""
    import nbformat

    v4 = nbformat.v4
    notebook = v4.new_notebook(
        cells=[
            v4.new_markdown_cell(text[2:].strip()) if text.startswith("#:") else v4.new_code_cell(text)
            for text in cells
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook) + "\n", encoding="utf-8")
