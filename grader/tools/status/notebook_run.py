"""Runs a notebook with solutions in a fresh kernel and measures it: time of every cell, peak memory."""

import copy
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from grader.notebook.cells import grade_id, tags
from utils.errors import CourseError

REFERENCES = ("storyteller", "gpt2")
"""The references that a week is measured with; the weights of gpt2 must be in the hub's cache."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Environment variables: threads that wait for each other would add to the processor time."""

TIMEOUT = 3600
"""Seconds that a cell may take here: what is too slow is to be measured, not to be stopped."""

# Runs in the kernel.
_BEGIN = """
from grader.tools.status.kernel_measures import KernelMeasures as _KernelMeasures
_kernel_measures = _KernelMeasures(get_ipython())
"""
_END = "print(_kernel_measures.as_json())"


@dataclass(frozen=True)
class CellTime:
    """The time of one code cell."""

    number: int
    """Its position in the notebook, from 1, texts counted."""
    name: str
    """Its `grade_id`, else its first line."""
    is_demonstration: bool
    """True for a cell tagged `look`, which is skipped in grading."""
    seconds: float
    """Processor time in one thread: unlike the time on the clock, it is about the same on a busy machine."""


@dataclass(frozen=True)
class NotebookRun:
    """The measured run of a notebook."""

    cells: tuple[CellTime, ...]
    """Its code cells, in order."""
    peak_bytes: int
    """The most memory that the kernel had in use: see `KernelMeasures`."""
    peak_in: CellTime
    """The cell in which it had allocated the most."""


def run_notebook(
    notebook: NotebookNode, folder: Path, reference: str, say: Callable[[int, int], None] | None = None
) -> NotebookRun:
    """Runs all cells of the notebook in a fresh kernel, demonstrations included.

    Args:
        notebook: with solutions; it is not changed.
        folder: the kernel's working directory, where `parts.py` is.
        reference: one of REFERENCES.
        say: called before each code cell with the number of cells done and of all.

    Raises:
        CourseError: a cell failed.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    code = [(number, cell) for number, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]
    timed = copy.deepcopy(notebook)
    timed.cells = [new_code_cell(_BEGIN), *_sources(code), new_code_cell(_END)]
    with _environment(reference) as environment:
        client = NotebookClient(timed, timeout=TIMEOUT, kernel_name="python3")
        if say is not None:
            client.on_cell_start = lambda cell, cell_index: say(cell_index, len(timed.cells))
        try:
            client.execute(cwd=str(folder), env=environment)
        except CellExecutionError as error:
            raise CourseError(
                f"A cell does not run with {reference}: {error.ename}: {error.evalue}"
            ) from None
    found = json.loads(_printed(timed.cells[-1]))
    times = found["cells"][
        -len(code) :
    ]  # IPython also reports the end of the cell that began the measurement
    cells = tuple(_timed(number, cell, each) for (number, cell), (each, _) in zip(code, times, strict=True))
    allocated = [most for _, most in times]
    return NotebookRun(cells, found["peak"], cells[allocated.index(max(allocated))])


def _sources(code: list[tuple[int, NotebookNode]]) -> list[NotebookNode]:
    return [new_code_cell(cell.source) for _, cell in code]


@contextmanager
def _environment(reference: str) -> Iterator[Mapping[str, str]]:
    """Yields the kernel's environment: without a network, and for the storyteller without a cached GPT-2."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = os.environ | ONE_THREAD | {"HF_HUB_OFFLINE": "1", "IPYTHONDIR": scratch}
        if reference == "storyteller":
            environment["HF_HUB_CACHE"] = str(Path(scratch) / "hub")
        yield environment


def _printed(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def _timed(number: int, cell: NotebookNode, seconds: float) -> CellTime:
    name = grade_id(cell) or next(iter(cell.source.strip().splitlines()), "")
    return CellTime(number, name, "look" in tags(cell), seconds)
