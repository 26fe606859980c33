"""A sample class, graded once for all tests and all of pytest's workers."""

import pickle
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from grader.tools.demo.cycle import Demo
from grader.tools.nbgrader_commands import CommandResult


def graded_once(
    folder: Path, grade: Callable[[Path, list[CommandResult]], Demo]
) -> tuple[Demo, list[CommandResult]]:
    """What `grade` makes in `folder`, by whichever worker comes first; the others read it.

    Returns:
        The graded class, and every nbgrader command that it took.
    """
    kept = folder.with_suffix(".pickle")
    with FileLock(folder.with_suffix(".once")):
        if not kept.is_file():
            commands: list[CommandResult] = []
            demo = grade(folder, commands)
            kept.write_bytes(pickle.dumps((demo, commands)))
        return pickle.loads(kept.read_bytes())
