"""Errors that a user of the course can fix."""


class CourseError(Exception):
    """An error for the user; its message states what happened, where, and what to do next.

    `course` prints the message in red and ends with exit code 2; a notebook shows it without a traceback.
    """

    def _render_traceback_(self) -> list[str]:
        # IPython calls this in place of printing a traceback, which would only show the course's own code.
        return [f"{type(self).__name__}: {self}"]


class CheckMisuse(Exception):
    """A student's code that a check cannot call as it must. The message is for the student."""
