"""What a class run writes: nbgrader's rows, as nbgrader writes them, and the graded notebooks."""

import datetime
import shutil
import stat
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Grade, Gradebook
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades

from grader.build.release import load_config

from .small_class import ADDS, HALF, PERFECT, WEEK, SmallClass

pytestmark = pytest.mark.usefixtures("in_process")

DUE = datetime.datetime(2026, 3, 1, 12, 0)


def gradebook(small: SmallClass) -> Gradebook:
    """nbgrader's own, as formgrader opens it."""
    config = load_config(small.root).CourseDirectory
    return Gradebook(config.db_url, config.course_id)


def rows(small: SmallClass, student: str) -> dict:
    """All that nbgrader knows of a submission, without what is drawn by lot."""
    with gradebook(small) as book:
        submission = book.find_submission(WEEK.folder, student)
        (notebook,) = submission.notebooks
        grades = [each.to_dict() for each in notebook.grades]
        comments = [each.to_dict() for each in notebook.comments]
        for each in (*grades, *comments):
            each.pop("id")
        return {
            "submission": {**submission.to_dict(), "id": ""},
            "notebook": {**notebook.to_dict(), "id": ""},
            "penalty": notebook.late_submission_penalty,
            "grades": sorted(grades, key=lambda each: each["name"]),
            "comments": sorted(comments, key=lambda each: each["name"]),
        }


def by_nbgrader(small: SmallClass, student: str, graded: Path, timestamp: str | None) -> None:
    """Writes a graded notebook's points as nbgrader's own autograde does."""
    config = load_config(small.root)
    with gradebook(small) as book:
        book.update_or_create_student(student)
        book.update_or_create_submission(
            WEEK.folder, student, **({"timestamp": timestamp} if timestamp else {})
        )
    names = {"notebook": WEEK.notebook, "assignment": WEEK.folder, "student": student}
    resources = {"nbgrader": {**names, "db_url": config.CourseDirectory.db_url}}
    notebook = nbformat.read(graded, as_version=4)
    for preprocessor in (SaveAutoGrades, AssignLatePenalties):
        preprocessor(config=config).preprocess(notebook, resources)


@pytest.fixture
def late(small: SmallClass) -> SmallClass:
    """A class with a due date, after which nothing counts."""
    small.configure("c.LateSubmissionPlugin.penalty_method = 'zero'")
    with gradebook(small) as book:
        book.find_assignment(WEEK.folder).duedate = DUE
        book.db.commit()
    return small


@pytest.mark.parametrize("timestamp", [None, "2026-03-01 11:59:59 UTC", "2026-03-01 13:00:00 UTC"])
@pytest.mark.parametrize("answers", [PERFECT, HALF, {}], ids=["perfect", "half", "untouched"])
def test_the_rows_are_those_that_nbgrader_writes(late, tmp_path, answers, timestamp):
    theirs = SmallClass(shutil.copytree(late.root, tmp_path / "other course"))
    notebook = late.hand_in("ada", answers)
    if timestamp:
        notebook.with_name("timestamp.txt").write_text(timestamp)
    late.grade()
    by_nbgrader(theirs, "ada", late.graded("ada"), timestamp)
    assert rows(late, "ada") == rows(theirs, "ada")


def test_grading_again_keeps_what_a_person_gave_as_nbgrader_does(small, tmp_path):
    small.hand_in("ada", PERFECT)
    small.grade()
    with gradebook(small) as book:
        for name, score in (("in_your_own_words", 7.0), ("check_length", 1.0)):
            grade = book.find_grade(name, WEEK.notebook, WEEK.folder, "ada")
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, 0.5, False
        book.find_comment("length", WEEK.notebook, WEEK.folder, "ada").manual_comment = "Well done."
        book.find_submission_notebook(WEEK.notebook, WEEK.folder, "ada").flagged = True
        book.db.commit()
    theirs = SmallClass(shutil.copytree(small.root, tmp_path / "other course"))

    small.hand_in("ada", {**PERFECT, "length": "it adds"})
    small.grade()
    by_nbgrader(theirs, "ada", small.graded("ada"), None)

    ours = rows(small, "ada")
    assert ours == rows(theirs, "ada")
    (length,) = (grade for grade in ours["grades"] if grade["name"] == "check_length")
    assert (length["auto_score"], length["manual_score"], length["needs_manual_grade"]) == (0, 1.0, True)
    assert ours["notebook"]["flagged"]


def test_a_second_student_changes_nothing_of_the_first(small):
    small.hand_in("ada", PERFECT)
    small.grade()
    before = rows(small, "ada"), small.graded("ada").read_bytes()
    small.hand_in("eve", HALF)
    small.grade(force=True)
    assert (rows(small, "ada"), small.graded("ada").read_bytes()) == before
    assert small.points() == {"ada": 107, "eve": 60}


def test_a_cell_that_the_submission_lacks_in_the_gradebook_gets_its_row(small):
    small.hand_in("ada", HALF)
    small.grade()
    with gradebook(small) as book:
        book.db.delete(book.find_grade("check_length", WEEK.notebook, WEEK.folder, "ada"))
        book.db.commit()
    small.grade(force=True)
    assert [each["name"] for each in rows(small, "ada")["grades"]] == [
        "check_dot_product", "check_largest_place", "check_length", "in_your_own_words"
    ]  # fmt: skip


def test_a_task_keeps_a_persons_score_and_waits_again_after_another_submission(small):
    with gradebook(small) as book:
        book.add_task_cell("capstone", WEEK.notebook, WEEK.folder, max_score=20, cell_type="markdown")
    small.hand_in("ada", HALF)
    small.grade()
    with gradebook(small) as book:
        task = book.find_grade("capstone", WEEK.notebook, WEEK.folder, "ada")
        assert (task.auto_score, task.needs_manual_grade) == (None, True)
        task.manual_score, task.needs_manual_grade = 15, False
        book.db.commit()
    small.hand_in("ada", PERFECT)
    small.grade()
    with gradebook(small) as book:
        task = book.find_grade("capstone", WEEK.notebook, WEEK.folder, "ada")
        assert (task.score, task.needs_manual_grade) == (15, True)


def test_the_graded_notebook_is_as_nbgrader_leaves_it(small):
    place = small.hand_in("ada", PERFECT)
    place.with_name("timestamp.txt").write_text("2026-03-01 11:00:00 CET")
    place.with_name("drawing.png").write_bytes(b"a picture")
    place.with_name("submission_secret.txt").write_text("by which the exchange knows whose feedback it is")
    place.with_name("numpy.py").write_text("a module that shadows another")
    small.grade()
    graded = small.graded("ada")
    nbformat.validate(nbformat.read(graded, as_version=4))
    assert stat.S_IMODE(graded.stat().st_mode) == 0o444
    assert {path.name for path in graded.parent.iterdir()} == {
        "vectors.ipynb", "timestamp.txt", "submission_secret.txt", "drawing.png"
    }  # fmt: skip
    assert small.classroom.folders.get_existing_timestamp(str(graded.parent)) == datetime.datetime(
        2026, 3, 1, 10, 0
    )
    assert [path.name for path in graded.parent.parent.iterdir()] == [WEEK.folder]


def test_several_graders_of_one_group_can_all_write(small):
    small.configure("c.CourseDirectory.groupshared = True")
    small.hand_in("ada", HALF)
    small.grade()
    graded = small.graded("ada")
    assert stat.S_IMODE(graded.stat().st_mode) == 0o664
    assert graded.parent.stat().st_mode & 0o2770 == 0o2770


@pytest.mark.parametrize("text", ["", "yesterday evening", "\x00\x00", "9" * 400, "2026-13-45 99:00:00 UTC"])
def test_a_bad_time_of_submission_is_said_and_left_out(small, text):
    small.hand_in("ada", HALF).with_name("timestamp.txt").write_text(text)
    (result,) = small.grade().results
    assert result.points("core") == 60
    assert any("its time of submission was left out" in odd for odd in result.odd)
    assert rows(small, "ada")["submission"]["timestamp"] is None


def test_a_known_mistake_signs_and_odd_things_are_kept_with_the_grade(small):
    small.hand_in("ada", {**ADDS, "length": "correct, by hypot, twice"})
    small.grade()
    result = small.classroom.result(WEEK, "ada")
    assert dict(result.mistakes) == {"dot_product": "adds instead of multiplying"}
    assert result.signs[0].what == "calls math.hypot"
    assert result.odd == ("two cells are named length: the first counts.",)


def test_nbgrader_reads_a_database_with_the_class_runs_tables(small):
    small.hand_in("ada", HALF)
    small.grade()
    with gradebook(small) as book:
        assert book.db.query(Grade).count() == 4
        assert book.student_dicts()[0]["score"] == 60
