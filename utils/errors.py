"""Errors that a person using the course can put right."""


class CourseError(Exception):
    """Its text is the sentence to show: what happened, where, and what to do next.

    `course` prints it in red and ends with exit code 2; a notebook shows it in place of a stack.
    """

    def _render_traceback_(self) -> list[str]:
        # IPython calls this where it would print a stack, which would be ours and of no use to the reader.
        return [f"{type(self).__name__}: {self}"]


class CheckMisuse(Exception):
    """A student's code cannot be called as the check must call it. The message is for the student."""
