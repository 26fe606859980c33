"""Runs a merged notebook: its cells in a kernel, then its checks, with the judge, in snapshots of it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.autograde.check_server import CheckServer, ProtocolViolation, ServedCheck
from grader.autograde.check_session import CheckSession
from grader.autograde.merge_answers import NotebookStep
from grader.autograde.outputs import OutputBudget, sanitized_outputs
from grader.autograde.own_cells import OwnCells
from grader.autograde.source import SourceNotebook, has_hidden_tests
from grader.autograde.task import GradingTask
from grader.autograde.time_plan import TimePlan
from grader.kernels.box import Box, CellOutput, Kernel, KernelEnded, Snapshot
from grader.kernels.errors import ForkServerGone
from grader.kernels.fork_server_client import ForkServer
from grader.kernels.messages import Deadline, MalformedMessage, StreamClosed, StreamTimeout
from grader.sandbox.layers import insist
from utils.checks.engine.plain_data import PlainDataError
from utils.checks.engine.untrusted import readable


@dataclass
class RunResult:
    """The result of running a notebook. All dicts are by the index of the cell among the steps."""

    shown: dict[int, CellOutput] = field(default_factory=dict)
    served: dict[int, ServedCheck] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    """Cells that did not end, and why."""
    layers: tuple[str, ...] = ()
    ready_seconds: float = 0.0
    cells_seconds: float = 0.0
    checks_seconds: float = 0.0


class NotebookRun:
    """One run of a notebook."""

    def __init__(
        self,
        task: GradingTask,
        source: SourceNotebook,
        steps: list[NotebookStep],
        server: Callable[[], ForkServer],
    ):
        """Makes the run. `server` returns the fork server, or a new one where the last has ended."""
        self._server = server
        self._task, self._limits = task, task.limits
        self._source, self._steps = source, steps
        self.result = RunResult()
        self._waiting: dict[int, Snapshot] = {}
        self._current_box: Box | None = None
        self._excused: set[int] = set()
        self._checks_repeated = False
        self._own = OwnCells(steps, task.limits)
        self._plan = TimePlan(task.limits)

    def run(self, session: CheckSession) -> RunResult:
        """Runs all cells and checks.

        Raises:
            SandboxTooWeak: the sandbox does not protect what the task asks for. No code of the student's ran.
            GraderError: the fork server does not start.
        """
        if not self._run_all(session, self._plan.cells()):
            # Once more without the student's own cells: experiments must not cost an exercise.
            for place in self._own.leave_out():
                if place not in self.result.shown:
                    self.result.stopped.setdefault(place, "left out: cells of your own used up the time")
            self._forget_stopped_checks()
            if not self._run_all(session, self._plan.cells_without_own()):
                self._stop_remaining_checks("the kernel died too often before it")
        return self.result

    def _forget_stopped_checks(self) -> None:
        """Lets every check run again: own cells may have used up what its process needed."""
        stopped = self.result.stopped.items()
        self.result.stopped = {place: reason for place, reason in stopped if not self._steps[place].is_check}

    def _run_all(self, session: CheckSession, notebook: Deadline) -> bool:
        """Runs everything, with a new kernel where one ends; returns False once time or kernels run out."""
        for _ in range(self._limits.restarts + 1):
            with contextlib.suppress(KernelEnded, ForkServerGone), self._box() as kernel:
                began = time.monotonic()
                whole = self._run_cells(kernel, notebook)
                self.result.cells_seconds += time.monotonic() - began
                if whole:
                    before = dict(self.result.stopped)
                    self._run_checks(kernel, session)
                    if not self._was_lost(before):
                        return True
            if self._own.cost_too_much() or (self._own.remain() and not notebook.is_left()):
                return False
        return False

    def _was_lost(self, before: dict[int, str]) -> bool:
        """Returns whether checks were stopped because the box ended from outside.

        Then, once, everything is run again as if the checks had not begun.
        """
        box_ended = self._current_box is not None and self._current_box.ended
        if self._checks_repeated or not box_ended or self.result.stopped == before:
            return False
        self._checks_repeated = True
        self.result.stopped, self.result.served = before, {}
        return True

    @contextlib.contextmanager
    def _box(self) -> Iterator[Kernel]:
        began = time.monotonic()
        files = {"parts.py": self._task.parts.decode("utf-8")} if self._task.parts else {}
        self._current_box = box = self._server().box(self._limits, files)
        try:
            kernel = box.kernel(self._limits.output_bytes)
            self.result.layers = (*box.layers, *kernel.layers)
            insist(self._task.required, self.result.layers)
            self.result.ready_seconds += time.monotonic() - began
            yield kernel
        finally:
            for snapshot in self._waiting.values():
                snapshot.close()
            self._waiting.clear()
            box.close()

    def _run_cells(self, kernel: Kernel, notebook: Deadline) -> bool:
        """Runs the cells in order, with a snapshot at each check; returns False when the kernel has ended.

        The cell that ended it is left out the next time, and all others run again.
        """
        budget = OutputBudget(self._limits.notebook_output_bytes)
        for place, step in enumerate(self._steps):
            pieces = self._pieces(place, step)
            if not pieces or (step.is_check and place in self.result.stopped):
                continue
            try:
                if step.is_check:
                    self._waiting[place] = kernel.snapshot(self._snapshot_task(step), notebook.left())
                else:
                    self._run_step(kernel, place, pieces, notebook, budget)
            except (KernelEnded, StreamTimeout) as error:
                if self._own.is_after_last_check(place) and not self._box_has_ended():
                    self._stop_rest(place, error)
                    return True
                if not isinstance(error, StreamTimeout):
                    self._blame(place, str(error))
                    return False
                return self._note_late(place, notebook)
        return True

    def _pieces(self, place: int, step: NotebookStep) -> tuple[str, ...]:
        """Returns the code of a cell that runs: all, its definitions if it has ended a kernel, or none."""
        if step.is_check or not (place in self.result.stopped or self._own.is_left_out(place)):
            return step.pieces
        return () if place in self._own.given_up else self._own.definitions_of(place)

    def _run_step(
        self, kernel: Kernel, place: int, pieces: tuple[str, ...], notebook: Deadline, budget: OutputBudget
    ) -> None:
        """Runs a cell's pieces, and cuts their outputs: those of 2,000 cells could fill the memory."""
        step, outputs, success = self._steps[place], [], True
        began = time.monotonic()
        try:
            for piece in pieces:
                shown = self._run_cell(kernel, place, piece, notebook)
                outputs += sanitized_outputs(shown.outputs, budget)
                success = success and shown.success
        finally:
            if step.is_own:
                self._own.spend(time.monotonic() - began)
        if place not in self.result.stopped and not self._own.is_left_out(
            place
        ):  # else it ran as a whole before
            self.result.shown[place] = CellOutput(outputs, success)

    def _box_has_ended(self) -> bool:
        return bool(self._current_box and self._current_box.poll_ended())

    def _stop_rest(self, place: int, error: Exception) -> None:
        """Stops all own cells from this one, below the last check: every snapshot is made already."""
        reason = (
            f"it ran longer than {self._limits.cell_seconds:g} s"
            if isinstance(error, StreamTimeout)
            else str(error)
        )
        self.result.stopped[place] = reason
        for later in range(place + 1, len(self._steps)):
            self.result.stopped.setdefault(later, "a cell above it did not end")

    def _blame(self, place: int, reason: str) -> None:
        """Notes which cell ended the kernel.

        Where the whole box has ended, that is noted only the second time: another process may have used up
        the memory.
        """
        if self._box_has_ended() and place not in self._excused:
            self._excused.add(place)
        else:
            self._note_lost(place, reason)

    def _note_lost(self, place: int, reason: str) -> None:
        """Notes that a cell did not end. From now on only its definitions run, if they end."""
        self._own.count(place)
        if place in self.result.stopped or not self._own.definitions_of(place):
            self._own.given_up.add(place)
        self.result.stopped.setdefault(place, reason)

    def _run_cell(self, kernel: Kernel, place: int, code: str, notebook: Deadline) -> CellOutput:
        seconds = min(self._limits.cell_seconds, notebook.left())
        if self._steps[place].is_own:
            seconds = min(seconds, self._own.left())
        return kernel.run(code, Deadline(seconds))

    def _note_late(self, place: int, notebook: Deadline) -> bool:
        """Notes which cell took too long; returns whether it was the whole notebook that did.

        The waiting checks run all the same, unless everything can be run once more without the student's own
        cells.
        """
        if notebook.is_left():
            self._note_lost(place, f"it ran longer than {self._limits.cell_seconds:g} s")
            return False
        if self._own.remain():
            return False
        for later in range(place, len(self._steps)):
            reason = f"the notebook's {self._plan.cells_seconds:g} s for cells were over"
            self.result.stopped.setdefault(later, reason)
        return True

    def _stop_remaining_checks(self, reason: str) -> None:
        for place, step in enumerate(self._steps):
            if step.is_check and place not in self.result.served:
                self.result.stopped.setdefault(place, reason)

    def _snapshot_task(self, step: NotebookStep) -> dict[str, Any]:
        names = [check.name for check in step.checks]
        return {"checks": names, "modules": self._source.check_modules}

    def _run_checks(self, kernel: Kernel, session: CheckSession) -> None:
        """Runs every waiting snapshot's check, one at a time.

        Hidden cases follow after all public ones, and hidden asserts are last of all: what one check learns
        of them, no other can print.
        """
        began = time.monotonic()
        with contextlib.suppress(KernelEnded):
            kernel.end()
        turns = {
            place: _Turns(self._task, self._steps[place], snapshot, self._plan, session)
            for place, snapshot in self._waiting.items()
        }
        hidden = {place: turn for place, turn in turns.items() if turn.has_hidden_asserts}
        public = {place: turn for place, turn in turns.items() if place not in hidden}
        for place, turn in public.items():
            turn.run_public(place, self.result)
        for place, turn in public.items():
            turn.run_hidden(place, self.result)
        for place, turn in hidden.items():
            turn.run_public(place, self.result)
        self.result.checks_seconds = time.monotonic() - began


class _Turns:
    """One snapshot's turns: first the public cases of its check, or its asserts; then the hidden cases."""

    def __init__(
        self, task: GradingTask, step: NotebookStep, snapshot: Snapshot, plan: TimePlan, session: CheckSession
    ):
        self._step, self._snapshot, self._plan = step, snapshot, plan
        self._seconds = self._seconds_left = 0.0
        self._check_server = CheckServer(session, step.checks, task.limits.message_bytes)
        self.has_hidden_asserts = not step.checks and has_hidden_tests(step.cell.source)
        """True if it has asserts that students must not see."""

    def run_public(self, place: int, ran: RunResult) -> None:
        """Runs its check on the public cases, or its asserts, and notes the result."""

        def go(deadline: Deadline) -> None:
            self._snapshot.wake(self._step.cell.source, deadline)
            if self._step.checks:
                self._check_server.serve_public(self._snapshot.end, deadline)
                self._seconds_left = deadline.left()
            else:
                ran.shown[place] = self._snapshot.receive_output(deadline)

        ran.served[place] = self._check_server.result
        self._seconds = self._seconds_left = self._plan.check_seconds()
        self._take_turn(place, ran, go)
        if place in ran.stopped or not self._step.checks:
            self._snapshot.kill()

    def run_hidden(self, place: int, ran: RunResult) -> None:
        """Runs the rest of its check, in the seconds that are left, and ends it."""
        if self._step.checks and place not in ran.stopped:
            end = self._snapshot.end
            self._take_turn(place, ran, lambda deadline: self._check_server.serve(end, deadline))
            self._snapshot.kill()

    def _take_turn(self, place: int, ran: RunResult, go: Callable[[Deadline], object]) -> None:
        """Runs `go` in a turn of the snapshot, and notes why it did not end."""
        try:
            deadline = self._plan.check(self._seconds_left)
            self._snapshot.take_turn()
            go(deadline)
        except StreamTimeout:
            ran.stopped[place] = self._plan.note_late(self._seconds)
        except StreamClosed:
            ran.stopped[place] = self._snapshot.exit_reason()
        except (ProtocolViolation, MalformedMessage, PlainDataError) as error:
            ran.stopped[place] = readable(str(error)).rstrip(".")  # it may quote what the process sent
