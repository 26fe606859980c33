"""A week that changes in the middle of a term: the gradebook is told, and every grade is kept."""

import io
import shutil

import pytest
from build.small_course import replace_in, source_of
from nbgrader.api import Gradebook
from rich.console import Console
from typer.testing import CliRunner

from grader.build.build import make_all
from grader.build.install import write
from grader.build.release import load_config
from grader.command_line import report
from grader.report.table import results_table
from grader.tools.nbgrader_commands import CommandResult, nbgrader
from utils.command_line.app import app
from utils.errors import CourseError

from .small_class import HALF, PERFECT, WEEK, SmallClass

pytestmark = [pytest.mark.usefixtures("in_process"), pytest.mark.slow]

PLACE = "# %% [markdown]\n# ## In your own words\n"
NEW = '''# %% [markdown]
# ## Stretch: the sum

# %% tags=["work"] nbgrader={"grade": false, "grade_id": "total", "locked": false, "schema_version": 3, "solution": true, "task": false}
def total(vector):
    """The sum of the numbers."""
    ### BEGIN SOLUTION
    return math.fsum(vector)
    ### END SOLUTION


# %% tags=["check", "stretch"] nbgrader={"grade": true, "grade_id": "check_total", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("total", total, ([1.0, 5.0],), 6.0, {})

'''  # noqa: E501
LARGEST = "# %% [markdown]\n# ## Stretch: the largest place\n"


@pytest.fixture
def graded(small: SmallClass) -> SmallClass:
    """A class of two, graded; a person gave ada 10 of 10 points for the answer in words."""
    small.hand_in("ada", PERFECT)
    small.hand_in("eve", HALF)
    assert small.grade().graded == ("ada", "eve")
    with book(small) as gradebook:
        grade = gradebook.find_grade("in_your_own_words", WEEK.notebook, WEEK.folder, "ada")
        grade.manual_score, grade.needs_manual_grade = 10, False
        gradebook.find_comment("in_your_own_words", WEEK.notebook, WEEK.folder, "ada").manual_comment = "fine"
        gradebook.db.commit()
    return small


def book(small: SmallClass) -> Gradebook:
    return Gradebook(load_config(small.root).CourseDirectory.db_url)


def change(small: SmallClass, old: str, new: str) -> None:
    """Edits the week's source and builds it."""
    replace_in(source_of(small.root, WEEK), old, new)
    write(small.root, make_all(small.root, [WEEK]), overwrite=True)


def release(small: SmallClass, *more: str) -> CommandResult:
    return nbgrader(small.root, "generate_assignment", WEEK.folder, "--force", *more)


def printed_report(small: SmallClass, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(small.root)
    console = Console(file=io.StringIO(), width=160, highlight=False)
    report.run(WEEK, None, console)
    return console.file.getvalue()


def points(small: SmallClass, student: str) -> dict[str, float]:
    return {row.exercise: row.points for row in small.classroom.result(WEEK, student).rows}


def test_an_exercise_is_added_and_every_grade_stays(graded):
    before = {student: points(graded, student) for student in ("ada", "eve")}
    change(graded, PLACE, NEW + PLACE)
    with pytest.raises(CourseError, match="does not know check_total: the week has changed"):
        graded.grade()
    outcome = release(graded)
    assert outcome.ok, outcome.log
    assert (graded.root / "course" / WEEK.folder / "vectors.ipynb").is_file()
    for student, former in before.items():
        assert points(graded, student) == {**former, "total": 0}
    with book(graded) as gradebook:
        for student in ("ada", "eve"):
            assert gradebook.find_grade("check_total", WEEK.notebook, WEEK.folder, student).score == 0
            gradebook.find_comment("total", WEEK.notebook, WEEK.folder, student)
    graded.hand_in("eve", {**PERFECT, "total": "correct"})
    assert graded.grade().graded == ("ada", "eve")
    assert points(graded, "ada") == {**before["ada"], "total": 0}
    with book(graded) as gradebook:
        comment = gradebook.find_comment("in_your_own_words", WEEK.notebook, WEEK.folder, "ada")
        assert comment.manual_comment == "fine"


def test_the_released_folder_comes_back_after_it_was_deleted(graded):
    shutil.rmtree(graded.root / "course" / WEEK.folder)
    with pytest.raises(CourseError, match="course build"):
        graded.grade()
    write(graded.root, make_all(graded.root, [WEEK]))
    assert graded.grade().kept == ("ada", "eve")


def test_an_exercise_with_grades_is_removed_only_when_asked(graded):
    source = source_of(graded.root, WEEK).read_text()
    exercise = source[source.index(LARGEST) : source.index(PLACE)]
    change(graded, exercise, "")
    refused = release(graded)
    assert not refused.ok
    assert "has no longer check_largest_place" in refused.log
    assert "course build" in refused.log
    with book(graded) as gradebook:
        assert gradebook.find_submission(WEEK.folder, "ada").score == 117
    write(graded.root, make_all(graded.root, [WEEK]), overwrite=True)
    outcome = release(graded, "--SaveCellsKeepGrades.remove_exercises=True")
    assert outcome.ok, outcome.log
    with book(graded) as gradebook:
        assert gradebook.find_submission(WEEK.folder, "ada").score == 110
        assert gradebook.find_assignment(WEEK.folder).max_score == 110
    assert graded.grade().graded == ("ada", "eve")
    assert points(graded, "ada") == {"dot_product": 60, "length": 40, "in_your_own_words": 10}


def test_a_persons_points_above_the_new_maximum_are_told(graded, monkeypatch):
    change(graded, '"points": 10', '"points": 8')
    outcome = release(graded)
    assert outcome.ok, outcome.log
    assert "ada has 10 points from a person for in_your_own_words, which now has 8" in outcome.log
    result = graded.classroom.result(WEEK, "ada")
    said = "in_your_own_words has 10 points from a person and now has 8: look at it in formgrader."
    assert said in result.odd
    with book(graded) as gradebook:
        grade = gradebook.find_grade("in_your_own_words", WEEK.notebook, WEEK.folder, "ada")
        assert (grade.manual_score, grade.needs_manual_grade) == (10, True)
    assert graded.classroom.result(WEEK, "eve").odd == ()


def test_a_stale_grade_is_called_stale(graded, monkeypatch):
    assert "stale" not in printed_report(graded, monkeypatch)
    graded.hand_in("eve", PERFECT)
    table = printed_report(graded, monkeypatch)
    assert table.count("stale: something that this grade rests on has changed") == 1
    change(graded, '"points": 10', '"points": 8')
    assert printed_report(graded, monkeypatch).count("stale: something") == 2
    assert release(graded).ok
    assert printed_report(graded, monkeypatch).count("stale: something") == 2
    graded.grade()
    assert "stale" not in printed_report(graded, monkeypatch)


def test_a_grade_of_an_earlier_submission_is_called_stale(graded):
    graded.hand_in("eve", b"{")
    outcome = graded.grade()
    console = Console(file=io.StringIO(), width=160)
    console.print(results_table(WEEK, graded.classroom.exercises(WEEK), outcome.results))
    assert "The points are stale: they are of an earlier submission." in console.file.getvalue()


def test_build_compares_with_the_gradebook_first(graded, monkeypatch):
    monkeypatch.chdir(graded.root)
    source = source_of(graded.root, WEEK)
    text = source.read_text()
    exercise = text[text.index(LARGEST) : text.index(PLACE)]
    source.write_text(text.replace(exercise, NEW).replace('"points": 10', '"points": 8'))
    printed = CliRunner().invoke(app, ["build", "vectors"]).output
    assert "the gradebook has 2 submissions of this week as it was" in printed
    assert "new      check_total" in printed
    assert "gone     check_largest_place" in printed
    assert "points   in_your_own_words: 10 → 8" in printed
    assert "nbgrader generate_assignment week01_vectors --force" in printed


def test_build_says_nothing_of_a_gradebook_that_has_the_same(graded, monkeypatch):
    monkeypatch.chdir(graded.root)
    assert "gradebook" not in CliRunner().invoke(app, ["build", "vectors"]).output
    graded.database.write_bytes(b"no database")
    outcome = CliRunner().invoke(app, ["build", "vectors"])
    assert outcome.exit_code == 0, outcome.output
