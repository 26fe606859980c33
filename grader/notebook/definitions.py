"""Extracts the definitions from code; a re-export of the module that `course check` also uses."""

from utils.notebook.code import LONGEST, definitions

__all__ = ["LONGEST", "definitions"]
