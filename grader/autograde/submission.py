"""Reads a submitted notebook: `course check` reads it by the same code."""

from utils.notebook.submitted import MAX_CELLS, SubmittedCell, Unreadable, read_submission

__all__ = ["MAX_CELLS", "SubmittedCell", "Unreadable", "read_submission"]
