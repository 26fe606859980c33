"""Trouble of the grader's own, which is no submission's fault."""

from utils.errors import CourseError


class GraderTrouble(CourseError):
    """Nothing could be graded; the message says why and what to do. It concerns every submission."""
