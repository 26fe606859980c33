"""What a piece of code defines, without what it does: `course check` reads it by the same code."""

from utils.notebook.code import LONGEST, definitions

__all__ = ["LONGEST", "definitions"]
