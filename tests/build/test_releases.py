"""`course check` compares with the very notebook that students were given."""

import pytest

from grader.build.build import RELEASES
from utils.notebook.released import FOLDER
from utils.weeks import WEEKS

from .small_course import REPOSITORY


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_a_release_is_the_students_notebook(week):
    released = REPOSITORY / "course" / week.folder / f"{week.notebook}.ipynb"
    assert (FOLDER / f"{week.folder}.ipynb").read_bytes() == released.read_bytes()


def test_releases_are_built_where_course_check_looks_and_there_are_no_others():
    assert REPOSITORY / RELEASES == FOLDER
    assert {path.stem for path in FOLDER.iterdir()} == {week.folder for week in WEEKS}
