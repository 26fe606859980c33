"""Runs a plan: a kernel that dies is replaced, and the cell that cost it left out, as the grader does it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from utils.notebook.assembly import Step
from utils.notebook.code import imported_modules
from utils.notebook.released import ReleasedCell
from utils.paths import find_home, notebook_of
from utils.self_check._kernel import KernelRun, run_cells
from utils.self_check._plan import Plan, label
from utils.weeks import Week

_RESTARTS = 8
"""How often a kernel that died is replaced."""
_PARTS = "parts.py"


@dataclass
class Ran:
    """What came of running a notebook, by step (its `id`)."""

    outputs: dict[int, list[NotebookNode]] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    """Why a cell took the kernel with it."""
    seconds: dict[int, float] = field(default_factory=dict)
    has_parts: bool = True
    """Whether the week's parts.py could be found, where it needs one."""

    def error_in(self, step: Step) -> NotebookNode | None:
        """The error that ended a step, if one did."""
        shown = self.outputs.get(id(step), ())
        return next((output for output in shown if output.output_type == "error"), None)


def run_plan(
    plan: Plan,
    week: Week,
    released: Sequence[ReleasedCell],
    folder: Path,
    timeout: int,
    begin: Callable[[int, int, str], None] | None,
) -> Ran:
    """Runs every cell of the plan in `folder`.

    Raises:
        KernelDidNotStart: there is no kernel.
    """
    imported = [name for each in released if each.role == "set-up" for name in imported_modules(each.source)]
    parts = _parts(week, folder) if "parts" in imported else str(folder)
    ran = Ran(has_parts=bool(parts))
    where = "" if parts == str(folder) else parts
    prologue = (
        f"__import__('utils.notebook.unattended', fromlist=['begin_check'])"
        f".begin_check(get_ipython(), {week.folder!r}, {imported!r}, {where!r})"
    )
    for _ in range(_RESTARTS + 1):
        run = run_cells(plan.notebook, prologue, folder, timeout, _telling(plan, begin))
        _note(plan, run, ran)
        if run.stopped_in is None:
            return ran
        plan = _without_what_stopped(plan, run, ran)
    return ran


def _telling(plan: Plan, begin: Callable[[int, int, str], None] | None) -> Callable[[int], None]:
    def tell(place: int) -> None:
        if begin is not None:
            begin(place, len(plan.steps_of), label(plan.steps_of[place]))

    return tell


def _note(plan: Plan, run: KernelRun, ran: Ran) -> None:
    """Takes over what the cells showed that were reached."""
    fresh: dict[int, list[NotebookNode]] = {}
    for place in sorted(run.seconds):
        step = plan.steps_of[place]
        fresh.setdefault(id(step), []).extend(plan.notebook.cells[place].outputs)
        ran.seconds[id(step)] = run.seconds[place]
    ran.outputs |= fresh


def _without_what_stopped(plan: Plan, run: KernelRun, ran: Ran) -> Plan:
    step = plan.steps_of[run.stopped_in]
    again = id(step) in ran.stopped
    ran.stopped.setdefault(id(step), f"after {run.stop_seconds:.0f} s: {run.stop_reason}")
    done = [each for each in plan.assembled.steps if each.is_check and id(each) in ran.outputs]
    for each in done:  # no other cell needs that it runs once more
        plan = plan.without(each, whole=True)
    return plan.without(step, whole=again)


def _parts(week: Week, folder: Path) -> str:
    """The folder with the week's parts.py: the notebook's own, else the course's; empty if neither has it."""
    for place in (folder, notebook_of(week, find_home()).parent, notebook_of(week, find_home(folder)).parent):
        if os.path.isfile(place / _PARTS):
            return str(place)
    return ""
