"""Runs an assembled notebook: its cells in a kernel, then its checks in snapshots of it, before the judge."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.autograde import source as of
from grader.autograde.check_server import CheckServer, ProtocolViolation, ServedCheck
from grader.autograde.check_session import CheckSession
from grader.autograde.merge_answers import NotebookStep
from grader.autograde.outputs import OutputBudget, sanitized_outputs
from grader.autograde.own_cells import OwnCells
from grader.autograde.source import SourceNotebook
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
    """What came of running a notebook. Everything goes by the place of the cell among the steps."""

    shown: dict[int, CellOutput] = field(default_factory=dict)
    heard: dict[int, ServedCheck] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    """Cells that could not end, and why."""
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
        parent: Callable[[], ForkServer],
    ):
        """`parent` gives the warm parent, and another one where the last has gone."""
        self._parent = parent
        self._task, self._limits = task, task.limits
        self._source, self._steps = source, steps
        self.ran = RunResult()
        self._waiting: dict[int, Snapshot] = {}
        self._current_box: Box | None = None
        self._spared: set[int] = set()
        self._heard_twice = False
        self._own = OwnCells(steps, task.limits)
        self._plan = TimePlan(task.limits)

    def go(self, session: CheckSession) -> RunResult:
        """Runs everything and returns what came of it.

        Raises:
            SandboxTooWeak: the sandbox does not protect what the task asks for. No code of the student's ran.
            GraderTrouble: the warm parent does not run.
        """
        if not self._ends_well(session, self._plan.cells()):
            # Once more without the student's own cells: experiments must not cost an exercise.
            for place in self._own.leave_out():
                if place not in self.ran.shown:
                    self.ran.stopped.setdefault(place, "left out: cells of your own used up the time")
            self._forget_stopped_checks()
            if not self._ends_well(session, self._plan.cells_without_own()):
                self._give_up("the kernel died too often before it")
        return self.ran

    def _forget_stopped_checks(self) -> None:
        """Gives every check another chance: it may have been own cells that left no box for its process."""
        stopped = self.ran.stopped.items()
        self.ran.stopped = {place: why for place, why in stopped if not self._steps[place].is_check}

    def _ends_well(self, session: CheckSession, notebook: Deadline) -> bool:
        """Runs everything, with new kernels for those that die. False when time or kernels were used up."""
        for _ in range(self._limits.restarts + 1):
            with contextlib.suppress(KernelEnded, ForkServerGone), self._box() as kernel:
                began = time.monotonic()
                whole = self._run_cells(kernel, notebook)
                self.ran.cells_seconds += time.monotonic() - began
                if whole:
                    before = dict(self.ran.stopped)
                    self._hear_checks(kernel, session)
                    if not self._was_lost(before):
                        return True
            if self._own.are_too_many() or (self._own.are_there() and not notebook.is_left()):
                return False
        return False

    def _was_lost(self, before: dict[int, str]) -> bool:
        """Whether checks were stopped because the box went, by somebody else's doing: then, once, all is run
        again as if they had never begun.
        """
        room_went = self._current_box is not None and self._current_box.ended
        if self._heard_twice or not room_went or self.ran.stopped == before:
            return False
        self._heard_twice = True
        self.ran.stopped, self.ran.heard = before, {}
        return True

    @contextlib.contextmanager
    def _box(self) -> Iterator[Kernel]:
        began = time.monotonic()
        files = {"parts.py": self._task.parts.decode("utf-8")} if self._task.parts else {}
        self._current_box = box = self._parent().box(self._limits, files)
        try:
            kernel = box.kernel(self._limits.output_bytes)
            self.ran.layers = (*box.layers, *kernel.layers)
            insist(self._task.required, self.ran.layers)
            self.ran.ready_seconds += time.monotonic() - began
            yield kernel
        finally:
            for snapshot in self._waiting.values():
                snapshot.close()
            self._waiting.clear()
            box.close()

    def _run_cells(self, kernel: Kernel, notebook: Deadline) -> bool:
        """Runs the cells in order and leaves a snapshot at each check. False when the kernel is no more: the
        cell that cost it is left out the next time, and all others run again.
        """
        budget = OutputBudget(self._limits.notebook_output_bytes)
        for place, step in enumerate(self._steps):
            pieces = self._pieces(place, step)
            if not pieces or (step.is_check and place in self.ran.stopped):
                continue
            try:
                if step.is_check:
                    self._waiting[place] = kernel.snapshot(self._described(step), notebook.left())
                else:
                    self._run_step(kernel, place, pieces, notebook, budget)
            except (KernelEnded, StreamTimeout) as why:
                if self._own.is_behind_all(place) and not self._room_has_gone():
                    self._stop_rest(place, why)
                    return True
                if not isinstance(why, StreamTimeout):
                    self._blame(place, str(why))
                    return False
                return self._note_late(place, notebook)
        return True

    def _pieces(self, place: int, step: NotebookStep) -> tuple[str, ...]:
        """What runs of a cell: all of it; after it has cost a kernel what it defines; in the end nothing."""
        if step.is_check or not (place in self.ran.stopped or self._own.is_left_out(place)):
            return step.pieces
        return () if place in self._own.given_up else self._own.definitions_of(place)

    def _run_step(
        self, kernel: Kernel, place: int, pieces: tuple[str, ...], notebook: Deadline, budget: OutputBudget
    ) -> None:
        """Runs a cell's pieces, and cuts what they show: all that two thousand cells say fills the memory."""
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
        if place not in self.ran.stopped and not self._own.is_left_out(
            place
        ):  # else it ran as a whole before
            self.ran.shown[place] = CellOutput(outputs, success)

    def _room_has_gone(self) -> bool:
        return bool(self._current_box and self._current_box.poll_ended())

    def _stop_rest(self, place: int, why: Exception) -> None:
        """Own cells below the last check end with the one that did not: the checks are waiting already."""
        said = (
            f"it ran longer than {self._limits.cell_seconds:g} s"
            if isinstance(why, StreamTimeout)
            else str(why)
        )
        self.ran.stopped[place] = said
        for later in range(place + 1, len(self._steps)):
            self.ran.stopped.setdefault(later, "a cell above it did not end")

    def _blame(self, place: int, why: str) -> None:
        """Notes which cell cost the kernel; but where the warm parent went too, only the second time: memory
        may have run out by somebody else's doing.
        """
        if self._room_has_gone() and place not in self._spared:
            self._spared.add(place)
        else:
            self._lose(place, why)

    def _lose(self, place: int, why: str) -> None:
        """Notes that a cell did not end. From now on what it defines runs in its place, if that ends."""
        self._own.count(place)
        if place in self.ran.stopped or not self._own.definitions_of(place):
            self._own.given_up.add(place)
        self.ran.stopped.setdefault(place, why)

    def _run_cell(self, kernel: Kernel, place: int, code: str, notebook: Deadline) -> CellOutput:
        seconds = min(self._limits.cell_seconds, notebook.left())
        if self._steps[place].is_own:
            seconds = min(seconds, self._own.left())
        return kernel.run(code, Deadline(seconds))

    def _note_late(self, place: int, notebook: Deadline) -> bool:
        """Notes which cell took too long. True when it is the notebook that did: the checks that are waiting
        are heard all the same, unless all can be run once more without the student's own cells.
        """
        if notebook.is_left():
            self._lose(place, f"it ran longer than {self._limits.cell_seconds:g} s")
            return False
        if self._own.are_there():
            return False
        for later in range(place, len(self._steps)):
            why = f"the notebook's {self._plan.cells_seconds:g} s for cells were over"
            self.ran.stopped.setdefault(later, why)
        return True

    def _give_up(self, why: str) -> None:
        for place, step in enumerate(self._steps):
            if step.is_check and place not in self.ran.heard:
                self.ran.stopped.setdefault(place, why)

    def _described(self, step: NotebookStep) -> dict[str, Any]:
        names = [check.name for check in step.checks]
        return {"checks": names, "modules": self._source.check_modules}

    def _hear_checks(self, kernel: Kernel, session: CheckSession) -> None:
        """Every waiting snapshot's turns, one after the other. The kernel itself has nothing more to say.

        Hidden cases come when all public ones have been heard, and hidden asserts come last of all: what one
        check learns of them no other can say.
        """
        began = time.monotonic()
        with contextlib.suppress(KernelEnded):
            kernel.end()
        turns = {
            place: _Turns(self._task, self._steps[place], snapshot, self._plan, session)
            for place, snapshot in self._waiting.items()
        }
        secret = {place: turn for place, turn in turns.items() if turn.is_secret}
        known = {place: turn for place, turn in turns.items() if place not in secret}
        for place, turn in known.items():
            turn.first(place, self.ran)
        for place, turn in known.items():
            turn.last(place, self.ran)
        for place, turn in secret.items():
            turn.first(place, self.ran)
        self.ran.checks_seconds = time.monotonic() - began


class _Turns:
    """One snapshot's turns: the public cases of its check, or its asserts; and then the hidden cases."""

    def __init__(
        self, task: GradingTask, step: NotebookStep, snapshot: Snapshot, plan: TimePlan, session: CheckSession
    ):
        self._step, self._snapshot, self._plan = step, snapshot, plan
        self._whole = self._left = 0.0
        self._check_server = CheckServer(session, step.checks, task.limits.message_bytes)
        self.is_secret = not step.checks and of.has_hidden_tests(step.cell.source)
        """Whether its asserts are not for students' eyes."""

    def first(self, place: int, ran: RunResult) -> None:
        """Lets it run its check as far as everybody knows the inputs, and notes what came of it."""

        def go(deadline: Deadline) -> None:
            self._snapshot.wake(self._step.cell.source, deadline)
            if self._step.checks:
                self._check_server.serve_public(self._snapshot.end, deadline)
                self._left = deadline.left()
            else:
                ran.shown[place] = self._snapshot.receive_output(deadline)

        ran.heard[place] = self._check_server.heard
        self._whole = self._left = self._plan.check_seconds()
        self._note(place, ran, go)
        if place in ran.stopped or not self._step.checks:
            self._snapshot.kill()

    def last(self, place: int, ran: RunResult) -> None:
        """The rest of its check, in the seconds that are left, and its end."""
        if self._step.checks and place not in ran.stopped:
            self._note(place, ran, lambda deadline: self._check_server.hear(self._snapshot.end, deadline))
            self._snapshot.kill()

    def _note(self, place: int, ran: RunResult, go: Callable[[Deadline], object]) -> None:
        """Notes why a turn did not come to its end."""
        try:
            deadline = self._plan.check(self._left)
            self._snapshot.take_turn()
            go(deadline)
        except StreamTimeout:
            ran.stopped[place] = self._plan.note_late(self._whole)
        except StreamClosed:
            ran.stopped[place] = self._snapshot.exit_reason()
        except (ProtocolViolation, MalformedMessage, PlainDataError) as what:
            ran.stopped[place] = readable(str(what)).rstrip(".")  # it may quote what came
