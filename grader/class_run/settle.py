"""Finishes or undoes what an interrupted run has left half done."""

from collections.abc import Mapping

from grader.class_run.files import GradedFile
from grader.class_run.plan import Known
from grader.class_run.trouble import NotWritten


def settle(files: Mapping[str, GradedFile], known: Mapping[str, Known]) -> list[str]:
    """Puts graded notebooks in their places whose points the gradebook has, and removes the others that wait.

    Args:
        files: each student's.
        known: what the gradebook says of them.

    Returns:
        The students whose notebook was put in place.
    """
    return [student for student, file in files.items() if _settle(file, known.get(student))]


def _settle(file: GradedFile, known: Known | None) -> bool:
    waiting = file.waiting()
    if not waiting:
        return False
    if known is None or known.file != waiting:
        file.drop()
        return False
    try:
        file.finish()
    except NotWritten:
        return False  # the next run tries again, and says why if it has to grade anew
    return True
