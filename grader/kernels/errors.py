"""Errors of the grader itself, which no submission causes."""

from utils.errors import CourseError

CANNOT_FORK = "Grading forks processes, which this system cannot: grade on Linux, or in WSL 2."


class GraderError(CourseError):
    """Nothing could be graded; the message says why and what to do. It concerns every submission."""


class ForkServerGone(GraderError):
    """The fork server has ended: memory may have run out. A new one can be started."""
