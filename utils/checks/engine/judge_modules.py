"""Imports modules that only the judge has: cases are drawn from them, and they would give answers away."""

from importlib import import_module
from types import ModuleType


def judges_module(name: str) -> ModuleType:
    """Imports and returns the module `utils.answers.NAME`.

    Called only where cases are drawn, which is the judge's process: in grading, the student's process has no
    `utils.answers`.

    Raises:
        ModuleNotFoundError: this is not the judge's process.
    """
    return import_module(f"utils.answers.{name}")
