"""Tests of the search for the student's notebook."""

import pytest

from utils.paths import find_home, find_notebook
from utils.weeks import find_week

from . import notebooks as make

WEEK = find_week(5)


@pytest.mark.parametrize(
    "start", [".", "course", "course/week05_attention", "course/week05_attention/deeper"]
)
def test_upwards_from_anywhere_in_the_copy(copy, start):
    path = make.save(WEEK, copy)
    folder = copy.parent / start
    folder.mkdir(exist_ok=True)
    assert find_notebook(WEEK, folder).resolve() == path


def test_a_folder_fetched_from_the_exchange_needs_no_course_folder(tmp_path):
    path = make.save(WEEK, tmp_path / "fetched")
    assert find_notebook(WEEK, path.parent) == path


def test_the_nearest_copy_wins(tmp_path):
    make.save(WEEK, tmp_path / "course")
    nearer = make.save(WEEK, tmp_path / "backup" / "course")
    assert find_notebook(WEEK, tmp_path / "backup") == nearer


def test_far_from_any_copy_it_is_the_one_that_the_package_came_with(tmp_path):
    assert find_home(tmp_path).name == "course"
    assert (find_home(tmp_path).parent / "utils" / "paths.py").is_file()


def test_a_folder_named_course_without_weeks_is_passed_by(tmp_path):
    path = make.save(WEEK, tmp_path / "course")
    other = tmp_path / "university" / "course"
    other.mkdir(parents=True)
    assert find_notebook(WEEK, other) == path
