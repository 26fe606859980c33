"""Only what has changed is graded again; the same seed gives the same grade."""

import shutil
import sqlite3

import pytest
from nbgrader.api import Gradebook

from grader.build.release import load_config
from grader.class_run.listener import ProgressListener
from grader.tools.nbgrader_commands import nbgrader
from grader.week_dependencies import week_dependencies

from .copied_course import append, copy_of_the_course
from .small_class import HALF, PERFECT, WEEK, SmallClass, ledger_of, moved

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def graded(small: SmallClass) -> SmallClass:
    """A class of three, graded."""
    for student, answers in {"ada": PERFECT, "eve": HALF, "kim": {}}.items():
        small.hand_in(student, answers)
    assert small.grade().graded == ("ada", "eve", "kim")
    return small


def test_nothing_is_graded_twice(graded):
    outcome = graded.grade()
    assert outcome.graded == ()
    assert outcome.kept == ("ada", "eve", "kim")
    assert [result.points("core") for result in outcome.results] == [100, 60, 0]


def test_a_new_submission_is_graded_and_no_other(graded):
    graded.hand_in("eve", PERFECT)
    assert graded.grade().graded == ("eve",)
    assert graded.points() == {"ada": 107, "eve": 107, "kim": 0}


def test_another_time_of_submission_is_noticed(graded):
    graded.hand_in("eve", HALF).with_name("timestamp.txt").write_text("2026-03-01 11:00:00 UTC")
    assert graded.grade().graded == ("eve",)


def test_an_extension_and_another_policy_are_noticed(graded):
    graded.hand_in("eve", HALF).with_name("timestamp.txt").write_text("2026-03-02 11:00:00 UTC")
    graded.configure("c.LateSubmissionPlugin.penalty_method = 'zero'")
    assert graded.grade().graded == ("ada", "eve", "kim")
    with book_of(graded) as book:
        book.update_or_create_assignment(WEEK.folder, duedate="2026-03-01 11:00:00 UTC")
    assert graded.grade().graded == ("ada", "eve", "kim")
    assert penalties(graded) == {"ada": 0, "eve": 60, "kim": 0}
    with book_of(graded) as book:
        book.grant_extension(WEEK.folder, "eve", days=1)
    assert graded.grade().graded == ("eve",)
    assert penalties(graded) == {"ada": 0, "eve": 0, "kim": 0}


def book_of(small: SmallClass) -> Gradebook:
    """nbgrader's own gradebook."""
    config = load_config(small.root).CourseDirectory
    return Gradebook(config.db_url, config.course_id)


def penalties(small: SmallClass) -> dict[str, float]:
    return {student: small.classroom.result(WEEK, student).penalty for student in ("ada", "eve", "kim")}


def test_a_graded_notebook_that_is_gone_or_was_changed_is_made_again(graded):
    graded.graded("ada").unlink()
    place = graded.graded("eve")
    place.chmod(0o644)
    place.write_text(place.read_text() + " ")
    assert graded.grade().graded == ("ada", "eve")


def test_a_week_that_was_released_anew_is_graded_anew(graded):
    with sqlite3.connect(graded.database) as database:
        database.execute("UPDATE source_cell SET source = source || ' ' WHERE name = 'check_length'")
    database.close()
    assert graded.grade().graded == ("ada", "eve", "kim")


def test_another_secret_draws_other_cases(graded):
    (graded.root / "classroom/secret").write_text("another secret, as long as it should be")
    assert graded.grade().graded == ("ada", "eve", "kim")


def test_other_limits_are_noticed(graded):
    graded.configure("c.TrustedExecute.limits = {'cell_seconds': 61}")
    assert graded.grade().graded == ("ada", "eve", "kim")


def test_another_grader_grades_anew(graded, monkeypatch):
    monkeypatch.setattr("grader.class_run.fingerprint.grader_version", lambda week: "a later one")
    assert graded.grade().graded == ("ada", "eve", "kim")


@pytest.mark.parametrize("changed", ["utils/tokens.py", "utils/reference/storyteller/model.safetensors"])
def test_what_grades_rest_on_is_graded_anew_when_it_changes_and_nothing_else_is(
    graded, monkeypatch, tmp_path, changed
):
    copy = copy_of_the_course(tmp_path)
    monkeypatch.setattr(
        "grader.class_run.fingerprint.grader_version", lambda week: week_dependencies(week, copy).digest()
    )
    append(copy / "utils/pictures/heatmap.py", "\n# a change")
    append(copy / "utils/answers/week02_tokens/encode.py", "\n# a change")
    assert graded.grade().graded == ()
    append(copy / changed, "\n# a change")
    assert graded.grade().graded == ("ada", "eve", "kim")


def test_what_cannot_be_read_is_not_sent_again_and_its_reason_is_said_again(graded, monkeypatch):
    graded.hand_in("zoe", b"{")
    first = graded.grade()
    monkeypatch.setattr("grader.class_run.run.processes", None)  # nothing is started
    assert graded.grade().failures == first.failures == {"zoe": "The submitted file is not a notebook."}


def test_a_problem_is_forgotten_when_what_was_graded_before_is_handed_in_again(graded):
    graded.hand_in("eve", b"{")
    assert graded.grade().results[1].problem
    graded.hand_in("eve", HALF)
    outcome = graded.grade()
    assert outcome.kept == ("ada", "eve", "kim")
    assert outcome.results[1].problem == ""
    assert graded.grade().results[1].problem == ""


def test_who_was_removed_from_the_gradebook_is_graded_anew(graded):
    with book_of(graded) as book:
        book.remove_student("eve")
    assert graded.grade().graded == ("eve",)
    assert graded.points() == {"ada": 107, "eve": 60, "kim": 0}


def test_an_upgrade_of_the_gradebook_changes_no_grade(graded):
    outcome = nbgrader(graded.root, "db", "upgrade")
    assert outcome.ok, outcome.log
    assert graded.grade().graded == ()
    assert graded.points() == {"ada": 107, "eve": 60, "kim": 0}


def test_force_grades_everybody(graded):
    assert graded.grade(force=True).graded == ("ada", "eve", "kim")


def test_only_those_who_were_named(graded):
    graded.hand_in("eve", PERFECT)
    outcome = graded.grade(students=("ada", "kim"))
    assert (outcome.graded, outcome.kept) == ((), ("ada", "kim"))
    assert [result.student for result in outcome.results] == ["ada", "kim"]
    assert graded.points()["eve"] == 60


def test_the_same_secret_gives_the_same_cases_elsewhere(graded, released, tmp_path):
    elsewhere = SmallClass(moved(released, tmp_path / "elsewhere"))
    shutil.copytree(graded.root / "classroom/submitted", elsewhere.root / "classroom/submitted")
    shutil.copy(graded.root / "classroom/secret", elsewhere.root / "classroom")
    elsewhere.grade()
    for student in ("ada", "eve", "kim"):
        here, there = (ledger_of(each.root, student) for each in (graded, elsewhere))
        assert here["reference"].startswith("seed ")
        assert here == there
    assert len({ledger_of(graded.root, student)["reference"] for student in ("ada", "eve", "kim")}) == 3


def test_who_starts_without_a_secret_gets_one_of_their_own(graded, released, tmp_path):
    elsewhere = SmallClass(moved(released, tmp_path / "elsewhere"))
    elsewhere.hand_in("ada", PERFECT)
    elsewhere.grade()
    secrets = [(each.root / "classroom/secret") for each in (graded, elsewhere)]
    assert secrets[0].read_text() != secrets[1].read_text()
    assert [path.stat().st_mode & 0o777 for path in secrets] == [0o600, 0o600]
    assert ledger_of(graded.root, "ada")["reference"] != ledger_of(elsewhere.root, "ada")["reference"]


def test_the_watch_is_told_of_everything_once(graded):
    told = []

    class Told(ProgressListener):
        def begin(self, grade, kept):
            told.append(("begin", grade, kept))

        def finished(self, student, failure):
            told.append((student, failure))

        def end(self):
            told.append("end")

    graded.hand_in("eve", PERFECT)
    graded.hand_in("zoe", b"{")
    graded.grade(Told())
    assert told == [("begin", 2, 2), ("eve", ""), ("zoe", "The submitted file is not a notebook."), "end"]


def test_who_is_not_there_is_named(graded):
    from utils.errors import CourseError

    with pytest.raises(CourseError, match=r"no submission of adda for week01_vectors.*ada, eve, kim"):
        graded.grade(students=("adda",))
    shutil.rmtree(graded.root / "classroom/submitted")
    with pytest.raises(CourseError, match="Nobody has handed in week 1"):
        graded.grade()
    assert graded.classroom.result(WEEK, "ada").points("core") == 100
