"""Recovers from an interrupted class run: finishes or undoes its half-done writes."""

from collections.abc import Callable, Iterable, Mapping

from grader.gradebook.errors import NotWritten
from grader.gradebook.graded_file import GradedFile
from grader.gradebook.queries import Known

Companions = Callable[[str], Iterable[tuple[str, bytes]]]
"""Returns name and content of the files that belong beside a student's graded notebook."""


def recover(files: Mapping[str, GradedFile], known: Mapping[str, Known], companions: Companions) -> list[str]:
    """Publishes the staged notebooks whose points are in the gradebook, and discards the others.

    Args:
        files: each student's graded notebook.
        known: each student's grading, from the gradebook.
        companions: returns the files beside a student's notebook.

    Returns:
        The students whose notebook was published.
    """
    return [student for student, file in files.items() if _recover(student, file, known, companions)]


def _recover(student: str, file: GradedFile, known: Mapping[str, Known], companions: Companions) -> bool:
    file.tidy()
    staged = file.staged_digest()
    if not staged:
        return False
    if student not in known or known[student].file != staged:
        file.discard()
        return False
    try:
        file.publish(companions(student))
    except NotWritten:
        return False  # the next run tries again, and reports the reason if it has to grade again
    return True
