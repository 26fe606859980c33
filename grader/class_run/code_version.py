"""The grader's version: a digest of everything that a week's grades depend on besides the submission."""

import functools

from grader.week_dependencies import week_dependencies


@functools.cache
def grader_version(week: str) -> str:
    """Return a digest of the code, data and library versions that grades of this week (its folder) depend on.

    It is computed once per process, since modules that have been imported do not change.
    """
    return week_dependencies(week).digest()
