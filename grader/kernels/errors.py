"""Trouble of the grader's own, which is no submission's fault."""

from utils.errors import CourseError

CANNOT_FORK = "Grading forks processes, which this system cannot: grade on Linux, or in WSL 2."


class GraderError(CourseError):
    """Nothing could be graded; the message says why and what to do. It concerns every submission."""


class ForkServerGone(GraderError):
    """The warm parent was there and is no more: memory may have run out. Another one can take its place."""
