"""What an instructor and nbgrader do with the gradebook of a small class."""

from pathlib import Path

from class_run.small_class import WEEK, SmallClass
from nbgrader.api import Gradebook

from grader.build.release import load_config


def gradebook(small: SmallClass) -> Gradebook:
    """nbgrader's own, as formgrader opens it."""
    config = load_config(small.root).CourseDirectory
    return Gradebook(config.db_url, config.course_id)


def hand_in(small: SmallClass, student: str, answers: dict[str, str], time: str) -> Path:
    """Hands in at a time, in UTC."""
    notebook = small.hand_in(student, answers)
    notebook.with_name("timestamp.txt").write_text(f"{time} UTC")
    return notebook


def give_points(small: SmallClass, student: str, points: float) -> None:
    """Grades the written answer by hand, as formgrader does."""
    with gradebook(small) as book:
        grade = book.find_grade("in_your_own_words", WEEK.notebook, WEEK.folder, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


def penalty(small: SmallClass, student: str) -> float:
    """The points that lateness costs, as nbgrader's own gradebook has it."""
    with gradebook(small) as book:
        return book.find_submission(WEEK.folder, student).late_submission_penalty
