"""Loads what cases are drawn from and would give an answer away: it is on the judge's side alone."""

from importlib import import_module
from types import ModuleType


def judges_module(name: str) -> ModuleType:
    """The module `utils.answers.NAME`, imported only when cases are drawn.

    Cases are drawn where the judge is: in grading that is another process than the student's, where
    `utils.answers` does not exist.

    Raises:
        ModuleNotFoundError: this is not the judge's process.
    """
    return import_module(f"utils.answers.{name}")
