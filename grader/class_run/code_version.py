"""The grader's version: a digest of all that a week's grades rest on beside the submission."""

import functools

from grader.week_dependencies import week_dependencies


@functools.cache
def grader_version(week: str) -> str:
    """Changes when code, data or a library's version changes that a grade of this week (its folder) rests on.

    It is taken once in a process: what has been imported stays as it was read.
    """
    return week_dependencies(week).digest()
