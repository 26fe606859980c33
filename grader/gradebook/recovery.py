"""Finishes or undoes what an interrupted run has left half done."""

from collections.abc import Callable, Iterable, Mapping

from grader.gradebook.errors import NotWritten
from grader.gradebook.graded_file import GradedFile
from grader.gradebook.queries import Known

Companions = Callable[[str], Iterable[tuple[str, bytes]]]
"""What belongs beside a student's graded notebook, by name."""


def recover(files: Mapping[str, GradedFile], known: Mapping[str, Known], companions: Companions) -> list[str]:
    """Puts graded notebooks in their places whose points the gradebook has, and removes the others that wait.

    Args:
        files: each student's.
        known: what the gradebook says of them.
        companions: gives what belongs beside a student's notebook.

    Returns:
        The students whose notebook was put in place.
    """
    return [student for student, file in files.items() if _recover(student, file, known, companions)]


def _recover(student: str, file: GradedFile, known: Mapping[str, Known], companions: Companions) -> bool:
    file.tidy()
    waiting = file.waiting()
    if not waiting:
        return False
    if student not in known or known[student].file != waiting:
        file.drop()
        return False
    try:
        file.finish(companions(student))
    except NotWritten:
        return False  # the next run tries again, and says why if it has to grade anew
    return True
