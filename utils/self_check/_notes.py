"""The notes below the table of a run: one sentence each."""

import sys
from pathlib import Path

from utils.notebook.assembly import AssembledNotebook
from utils.notebook.file import language_of
from utils.reference import ReferenceProblem, hub
from utils.self_check._plan import label
from utils.self_check._rows import failed_cells
from utils.self_check._run import CellsRun

_OURS = frozenset({"utils", "grader", "torch", "transformers", "numpy", "IPython", "ipykernel", "einops"})
_GRADED_SECONDS = 60
"""The grader's default limit for a cell."""


def notes_on(assembled: AssembledNotebook, ran: CellsRun, path: Path, content: bytes) -> tuple[str, ...]:
    """Return all notes on a run of the notebook at `path`, the most important first."""
    folder = path.absolute().parent
    return (
        *_without_parts(ran, folder),
        *_ends_of_kernels(assembled, ran),
        *(f"{remark}." for remark in assembled.remarks),
        *failed_cells(assembled, ran),
        *_slow_cells(assembled, ran),
        *_other_language(content),
        *_hidden_modules(folder),
        *_other_reference(),
    )


def _without_parts(ran: CellsRun, folder: Path) -> list[str]:
    if ran.has_parts:
        return []
    return [f"There is no parts.py in {folder}: put the week's parts.py beside the notebook."]


def _ends_of_kernels(assembled: AssembledNotebook, ran: CellsRun) -> list[str]:
    stopped = [step for step in assembled.steps if id(step) in ran.stopped]
    return [
        f"The kernel died in {label(step)} {ran.stopped[id(step)]}. The rest ran in a new one."
        for step in stopped
    ]


def _slow_cells(assembled: AssembledNotebook, ran: CellsRun) -> list[str]:
    return [
        f"{label(step)} took {ran.seconds[id(step)]:.0f} s: where work is graded, it has {_GRADED_SECONDS} s."
        for step in assembled.steps
        if not step.is_own and ran.seconds.get(id(step), 0) > _GRADED_SECONDS
    ]


def _other_language(content: bytes) -> list[str]:
    language = language_of(content)
    if not language:
        return []
    return [
        f"The notebook was saved by a kernel for {language}. It was run as Python, as it will be where it is "
        "graded. In JupyterLab: Kernel > Change Kernel > Python 3."
    ]


def _hidden_modules(folder: Path) -> list[str]:
    """Return a note for each of the student's files that hides a module that the notebook imports."""
    names = {path.stem for path in folder.iterdir() if path.name.endswith(".py")}
    hidden = sorted(names & (sys.stdlib_module_names | _OURS))
    return [f"{name}.py in {folder} hides the module {name}: rename it." for name in hidden]


def _other_reference() -> list[str]:
    """Return a note if the notebook itself uses GPT-2, which is not there where work is graded."""
    try:
        has_gpt2 = hub.cached_model("gpt2") is not None
    except ReferenceProblem:  # the notebook says so itself
        has_gpt2 = False
    if not has_gpt2:
        return []
    return [
        "This ran with the storyteller as reference, as where work is graded. In your notebook the "
        "reference is gpt2, which is in the hub's cache on this machine."
    ]
