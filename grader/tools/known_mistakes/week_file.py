"""Makes a week's `mistakes.json` from its table of mistakes. Only the mistakes of changed checks are run."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from grader.tools.known_mistakes.programs import PROGRAMS
from grader.tools.known_mistakes.prove import SEEDS, prove
from grader.tools.known_mistakes.table import Row, read_table, table_path
from grader.tools.mutation.digest import digest_of, reached
from grader.tools.mutation.exercise import MutatedExercise, exercises_of, unrun_exercises_of
from utils import reference
from utils.answers.fingerprint import device_digest, of_error, of_value, stored_form
from utils.answers.known_mistakes import FILE, KnownMistakes, as_text, from_text
from utils.errors import CourseError
from utils.weeks import Week

_KERNELS = "ATEN_CPU_CAPABILITY"
"""PyTorch's environment variable that selects the kernels for a kind of processor."""


@dataclass(frozen=True)
class WeekFile:
    """A week's `mistakes.json`, made again."""

    path: Path
    text: str
    proven: tuple[str, ...]
    """The checks whose mistakes were run, because the tracked file was out of date."""
    count: int
    """The number of mistakes in the file."""

    @property
    def changed(self) -> bool:
        """Returns True if the tracked file has another text."""
        return not self.path.is_file() or self.path.read_text("utf-8") != self.text


def stale_checks(root: Path, week: Week) -> list[str]:
    """Returns the checks whose mistakes in the tracked file are not those of the week's table.

    Raises:
        CourseError: as for `make_week_file`.
    """
    return _State(root, week).stale


def make_week_file(root: Path, week: Week, force: bool = False) -> WeekFile:
    """Returns the file made from the week's table, proven where it has changed.

    Args:
        force: also run the mistakes of checks that have not changed.

    Raises:
        CourseError: the table cannot be read, names a check that the notebook does not have, or holds a
            mistake that cannot be proven.
    """
    state = _State(root, week, force)
    known = state.current | (_proven(root, week, state) if state.stale else {})
    known = {name: known[name] for name in state.digests if name in state.table}
    count = sum(len(each.mistakes) for each in known.values())
    return WeekFile(state.path, as_text(known), tuple(state.stale), count)


class _State:
    """A week's table of mistakes, and which checks' mistakes in the tracked file rest on today's sources."""

    def __init__(self, root: Path, week: Week, force: bool = False):
        path = table_path(root, week)
        self.path = root / "utils" / "answers" / week.folder / FILE
        self.table = read_table(path)
        exercises = unrun_exercises_of(root, week)
        self.digests = {
            each.name: _digest(each, self.table.get(each.name, []), path.parent) for each in exercises
        }
        """Digests of what the mistakes rest on, by check, in the notebook's order."""
        if unknown := sorted(self.table.keys() - self.digests.keys()):
            names = ", ".join(unknown)
            raise CourseError(f"solutions/{week.folder}/{path.name}: no check has the name {names}.")
        kept = from_text(self.path.read_text("utf-8")) if self.path.is_file() and not force else {}
        self.current = {name: each for name, each in kept.items() if self.digests.get(name) == each.digest}
        self.stale = [name for name in self.digests if name in self.table and name not in self.current]


def _proven(root: Path, week: Week, state: _State) -> dict[str, KnownMistakes]:
    elsewhere = {} if os.environ.get(_KERNELS) else _proven_with_other_kernels(root, week, state.stale)
    return prove_checks(root, week, state.stale, state.digests, elsewhere)


def prove_checks(
    root: Path,
    week: Week,
    checks: Sequence[str],
    digests: Mapping[str, str],
    elsewhere: Mapping[str, KnownMistakes],
) -> dict[str, KnownMistakes]:
    """Returns the mistakes of these checks, each proven: see `prove`.

    Raises:
        CourseError: as for `make_week_file`.
    """
    reference.choose("storyteller")  # the reference that every machine has
    path = table_path(root, week)
    table = read_table(path)
    return {
        each.name: prove(
            each, table[each.name], path.parent, digests[each.name], elsewhere=elsewhere.get(each.name)
        )
        for each in exercises_of(root, week)
        if each.name in checks
    }


def _proven_with_other_kernels(root: Path, week: Week, checks: Sequence[str]) -> dict[str, KnownMistakes]:
    """Runs `python -m grader.tools.known_mistakes` with the kernels that PyTorch has for every processor."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        command = [sys.executable, "-m", "grader.tools.known_mistakes", str(path), week.folder, *checks]
        ended = subprocess.run(
            command, cwd=root, env=os.environ | {_KERNELS: "default"}, capture_output=True, text=True
        )
        # A mistake that cannot be proven there cannot be proven here either, which says why.
        return from_text(path.read_text("utf-8")) if ended.returncode == 0 else {}


def _digest(exercise: MutatedExercise, rows: Sequence[Row], folder: Path) -> str:
    """Returns the digest of all that a check's mistakes rest on; the lines of the rows do not count."""
    programs = folder / PROGRAMS
    uses_programs = any(row.program for row in rows) and programs.is_file()
    parts = [
        digest_of(exercise, SEEDS),
        *sorted(reached(of_value, of_error, device_digest, stored_form)),
        *(repr((row.name, row.explanation, row.look_at, row.edits, row.program)) for row in rows),
        programs.read_text("utf-8") if uses_programs else "",
        torch.__version__.partition("+")[0],
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
