"""Runs an assembled notebook: its cells in a kernel, then its checks in snapshots of it, before the judge."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.executor import source as of
from grader.executor.assemble import Step
from grader.executor.own_cells import OwnCells
from grader.executor.shown import Budget, clean
from grader.executor.source import SourceNotebook
from grader.executor.task import GradingTask
from grader.executor.time_plan import TimePlan
from grader.judge.bench import Session
from grader.judge.court import Court, Heard, Misconduct
from grader.kernels.room import Kernel, KernelEnded, Room, Shown, Snapshot
from grader.kernels.trouble import ParentGone
from grader.kernels.warm import WarmParent
from grader.kernels.wire import Closed, Deadline, Improper, Late
from grader.sandbox.layers import insist
from utils.checks.plain import PlainDataError
from utils.checks.received import readable


@dataclass
class Ran:
    """What came of running a notebook. Everything goes by the place of the cell among the steps."""

    shown: dict[int, Shown] = field(default_factory=dict)
    heard: dict[int, Heard] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    """Cells that could not end, and why."""
    layers: tuple[str, ...] = ()
    ready_seconds: float = 0.0
    cells_seconds: float = 0.0
    checks_seconds: float = 0.0


class Run:
    """One run of a notebook."""

    def __init__(
        self, task: GradingTask, source: SourceNotebook, steps: list[Step], parent: Callable[[], WarmParent]
    ):
        """`parent` gives the warm parent, and another one where the last has gone."""
        self._parent = parent
        self._task, self._limits = task, task.limits
        self._source, self._steps = source, steps
        self.ran = Ran()
        self._waiting: dict[int, Snapshot] = {}
        self._room_now: Room | None = None
        self._spared: set[int] = set()
        self._heard_twice = False
        self._own = OwnCells(steps, task.limits)
        self._plan = TimePlan(task.limits)

    def go(self, session: Session) -> Ran:
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
        """Gives every check another chance: it may have been own cells that left no room for its process."""
        stopped = self.ran.stopped.items()
        self.ran.stopped = {place: why for place, why in stopped if not self._steps[place].is_check}

    def _ends_well(self, session: Session, notebook: Deadline) -> bool:
        """Runs everything, with new kernels for those that die. False when time or kernels were used up."""
        for _ in range(self._limits.restarts + 1):
            with contextlib.suppress(KernelEnded, ParentGone), self._room() as kernel:
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
        """Whether checks were stopped because the room went, by somebody else's doing: then, once, all is run
        again as if they had never begun.
        """
        room_went = self._room_now is not None and self._room_now.gone
        if self._heard_twice or not room_went or self.ran.stopped == before:
            return False
        self._heard_twice = True
        self.ran.stopped, self.ran.heard = before, {}
        return True

    @contextlib.contextmanager
    def _room(self) -> Iterator[Kernel]:
        began = time.monotonic()
        files = {"parts.py": self._task.parts.decode("utf-8")} if self._task.parts else {}
        self._room_now = room = self._parent().room(self._limits, files)
        try:
            kernel = room.kernel(self._limits.output_bytes)
            self.ran.layers = (*room.layers, *kernel.layers)
            insist(self._task.required, self.ran.layers)
            self.ran.ready_seconds += time.monotonic() - began
            yield kernel
        finally:
            for snapshot in self._waiting.values():
                snapshot.close()
            self._waiting.clear()
            room.close()

    def _run_cells(self, kernel: Kernel, notebook: Deadline) -> bool:
        """Runs the cells in order and leaves a snapshot at each check. False when the kernel is no more: the
        cell that cost it is left out the next time, and all others run again.
        """
        budget = Budget(self._limits.notebook_output_bytes)
        for place, step in enumerate(self._steps):
            pieces = self._pieces(place, step)
            if not pieces or (step.is_check and place in self.ran.stopped):
                continue
            try:
                if step.is_check:
                    self._waiting[place] = kernel.snapshot(self._described(step), notebook.left())
                else:
                    self._run_step(kernel, place, pieces, notebook, budget)
            except (KernelEnded, Late) as why:
                if self._own.is_behind_all(place) and not self._room_has_gone():
                    self._stop_rest(place, why)
                    return True
                if not isinstance(why, Late):
                    self._blame(place, str(why))
                    return False
                return self._note_late(place, notebook)
        return True

    def _pieces(self, place: int, step: Step) -> tuple[str, ...]:
        """What runs of a cell: all of it; after it has cost a kernel what it defines; in the end nothing."""
        if step.is_check or not (place in self.ran.stopped or self._own.is_left_out(place)):
            return step.pieces
        return () if place in self._own.given_up else self._own.definitions_of(place)

    def _run_step(
        self, kernel: Kernel, place: int, pieces: tuple[str, ...], notebook: Deadline, budget: Budget
    ) -> None:
        """Runs a cell's pieces, and cuts what they show: all that two thousand cells say fills the memory."""
        step, outputs, success = self._steps[place], [], True
        began = time.monotonic()
        try:
            for piece in pieces:
                shown = self._run_cell(kernel, place, piece, notebook)
                outputs += clean(shown.outputs, budget)
                success = success and shown.success
        finally:
            if step.is_own:
                self._own.spend(time.monotonic() - began)
        if place not in self.ran.stopped and not self._own.is_left_out(
            place
        ):  # else it ran as a whole before
            self.ran.shown[place] = Shown(outputs, success)

    def _room_has_gone(self) -> bool:
        return bool(self._room_now and self._room_now.has_gone())

    def _stop_rest(self, place: int, why: Exception) -> None:
        """Own cells below the last check end with the one that did not: the checks are waiting already."""
        said = f"it ran longer than {self._limits.cell_seconds:g} s" if isinstance(why, Late) else str(why)
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

    def _run_cell(self, kernel: Kernel, place: int, code: str, notebook: Deadline) -> Shown:
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

    def _described(self, step: Step) -> dict[str, Any]:
        names = [check.name for check in step.checks]
        return {"checks": names, "modules": self._source.check_modules}

    def _hear_checks(self, kernel: Kernel, session: Session) -> None:
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

    def __init__(self, task: GradingTask, step: Step, snapshot: Snapshot, plan: TimePlan, session: Session):
        self._step, self._snapshot, self._plan = step, snapshot, plan
        self._whole = self._left = 0.0
        self._court = Court(session, step.checks, task.limits.message_bytes)
        self.is_secret = not step.checks and of.has_hidden_tests(step.cell.source)
        """Whether its asserts are not for students' eyes."""

    def first(self, place: int, ran: Ran) -> None:
        """Lets it run its check as far as everybody knows the inputs, and notes what came of it."""

        def go(deadline: Deadline) -> None:
            self._snapshot.wake(self._step.cell.source, deadline)
            if self._step.checks:
                self._court.hear_public(self._snapshot.end, deadline)
                self._left = deadline.left()
            else:
                ran.shown[place] = self._snapshot.shown(deadline)

        ran.heard[place] = self._court.heard
        self._whole = self._left = self._plan.check_seconds()
        self._note(place, ran, go)
        if place in ran.stopped or not self._step.checks:
            self._snapshot.kill()

    def last(self, place: int, ran: Ran) -> None:
        """The rest of its check, in the seconds that are left, and its end."""
        if self._step.checks and place not in ran.stopped:
            self._note(place, ran, lambda deadline: self._court.hear(self._snapshot.end, deadline))
            self._snapshot.kill()

    def _note(self, place: int, ran: Ran, go: Callable[[Deadline], object]) -> None:
        """Notes why a turn did not come to its end."""
        try:
            deadline = self._plan.check(self._left)
            self._snapshot.take_turn()
            go(deadline)
        except Late:
            ran.stopped[place] = self._plan.note_late(self._whole)
        except Closed:
            ran.stopped[place] = self._snapshot.why_ended()
        except (Misconduct, Improper, PlainDataError) as what:
            ran.stopped[place] = readable(str(what)).rstrip(".")  # it may quote what came
