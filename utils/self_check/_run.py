"""Execution of a plan. As in grading, a kernel that dies is replaced, and the cell that ended it left out."""

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

_MAX_RESTARTS = 8
"""Kernels that are started to replace ones that died."""
_PARTS = "parts.py"


@dataclass
class CellsRun:
    """The results of a run, by the `id()` of each step."""

    outputs: dict[int, list[NotebookNode]] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    """The reason why a step ended the kernel."""
    seconds: dict[int, float] = field(default_factory=dict)
    has_parts: bool = True
    """False if the week needs its parts.py and none was found."""

    def error_in(self, step: Step) -> NotebookNode | None:
        """Return the error output of a step, if it has one."""
        shown = self.outputs.get(id(step), ())
        return next((output for output in shown if output.output_type == "error"), None)


def run_plan(
    plan: Plan,
    week: Week,
    released: Sequence[ReleasedCell],
    folder: Path,
    timeout: int,
    begin: Callable[[int, int, str], None] | None,
) -> CellsRun:
    """Run every cell of the plan.

    Args:
        folder: The kernel's working directory.
        timeout: Seconds for each cell.
        begin: Called before each cell; see `utils.self_check.check.Begin`.

    Raises:
        KernelDidNotStart: The kernel did not start.
    """
    imported = [name for each in released if each.role == "set-up" for name in imported_modules(each.source)]
    parts = _parts(week, folder) if "parts" in imported else str(folder)
    ran = CellsRun(has_parts=bool(parts))
    where = "" if parts == str(folder) else parts
    prologue = (
        f"__import__('utils.notebook.unattended', fromlist=['begin_check'])"
        f".begin_check(get_ipython(), {week.folder!r}, {imported!r}, {where!r})"
    )
    for _ in range(_MAX_RESTARTS + 1):
        run = run_cells(plan.notebook, prologue, folder, timeout, _on_begin(plan, begin))
        _collect(plan, run, ran)
        if run.stopped_in is None:
            return ran
        plan = _without_stopped(plan, plan.steps_of[run.stopped_in], run, ran)
    return ran


def _on_begin(plan: Plan, begin: Callable[[int, int, str], None] | None) -> Callable[[int], None]:
    def on_begin(place: int) -> None:
        if begin is not None:
            begin(place, len(plan.steps_of), label(plan.steps_of[place]))

    return on_begin


def _collect(plan: Plan, run: KernelRun, ran: CellsRun) -> None:
    """Copy the outputs and times of the cells that were started from `run` to `ran`."""
    fresh: dict[int, list[NotebookNode]] = {}
    for place in sorted(run.seconds):
        step = plan.steps_of[place]
        fresh.setdefault(id(step), []).extend(plan.notebook.cells[place].outputs)
        ran.seconds[id(step)] = run.seconds[place]
    ran.outputs |= fresh


def _without_stopped(plan: Plan, step: Step, run: KernelRun, ran: CellsRun) -> Plan:
    """Record why `step` ended the kernel; return the plan without it and without the checks that are done."""
    again = id(step) in ran.stopped
    ran.stopped.setdefault(id(step), f"after {run.stop_seconds:.0f} s: {run.stop_reason}")
    done = [each for each in plan.assembled.steps if each.is_check and id(each) in ran.outputs]
    for each in done:  # a check defines nothing that other cells need
        plan = plan.without(each, whole=True)
    return plan.without(step, whole=again)


def _parts(week: Week, folder: Path) -> str:
    """Return the folder of the week's parts.py: the notebook's, else the course's; empty if there is none."""
    for place in (folder, notebook_of(week, find_home()).parent, notebook_of(week, find_home(folder)).parent):
        # os.path, because Path.is_file raises where a parent folder is not readable.
        if os.path.isfile(place / _PARTS):  # noqa: PTH113
            return str(place)
    return ""
