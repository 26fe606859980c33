"""A class of strange submissions: each is graded or explained, and none stops the others."""

import os
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader.build.release import load_config
from grader.class_run.submission_files import Refused, pictures, read_plain
from utils.errors import CourseError

from .small_class import HALF, PERFECT, WEEK, SmallClass

pytestmark = pytest.mark.usefixtures("in_process")


def folder_of(small: SmallClass, student: str) -> Path:
    place = small.root / "classroom/submitted" / student / WEEK.folder
    place.mkdir(parents=True)
    return place


def test_each_is_graded_or_explained(small):
    ada = small.hand_in("ada", PERFECT)
    small.hand_in('O\'Neil, "Zoë" =1+1 李', HALF)
    small.hand_in("renamed", PERFECT, name="my vectors.ipynb")
    folder_of(small, "nothing")
    (folder_of(small, "a link") / "vectors.ipynb").symlink_to(ada)
    (folder_of(small, "a broken link") / "vectors.ipynb").symlink_to("nowhere")
    (small.root / "classroom/submitted/a linked folder").symlink_to(ada.parent.parent)
    (small.root / "classroom/submitted/a linked week").mkdir()
    (small.root / "classroom/submitted/a linked week" / WEEK.folder).symlink_to(ada.parent)
    (folder_of(small, "a folder") / "vectors.ipynb").mkdir()
    os.mkfifo(folder_of(small, "a pipe") / "vectors.ipynb")
    small.hand_in("large", b" " * 40_000_000)
    small.hand_in("empty", b"")
    small.hand_in("a defect", {"length": "fails the grader"})

    outcome = small.grade()

    assert {result.student: result.points("core") for result in outcome.results if result.rows} == {
        "ada": 100,
        'O\'Neil, "Zoë" =1+1 李': 60,
    }
    a_link = "is a link: ask for the file itself."
    assert dict(outcome.failures) == {
        "renamed": "no vectors.ipynb was handed in; there is my vectors.ipynb: rename it and grade again.",
        "nothing": "no vectors.ipynb was handed in.",
        "a link": f"vectors.ipynb {a_link}",
        "a broken link": f"vectors.ipynb {a_link}",
        "a linked folder": f"a linked folder {a_link}",
        "a linked week": f"{WEEK.folder} {a_link}",
        "a folder": "vectors.ipynb cannot be read: Is a directory.",
        "a pipe": "vectors.ipynb is no file: ask for the notebook itself.",
        "large": "vectors.ipynb has 40,000,000 bytes; at most 33,554,432 are read.",
        "empty": "The submitted file is not a notebook.",
        "a defect": "the grader failed over it (RuntimeError: a defect); please report this.",
    }


def test_a_name_that_is_no_text_is_explained(small):
    small.hand_in("ada", HALF)
    (small.root / os.fsdecode(b"classroom/submitted/z\xff") / WEEK.folder).mkdir(parents=True)
    outcome = small.grade()
    assert outcome.graded == ("ada",)
    assert list(outcome.failures.values()) == ["the name of the student's folder is not UTF-8: rename it."]


@pytest.mark.parametrize("worse", [b"{", b"", None], ids=["cut off", "empty", "gone"])
def test_a_former_grade_stays_and_the_new_problem_is_said(small, worse):
    place = small.hand_in("ada", HALF)
    small.grade()
    before = small.graded("ada").read_bytes()
    place.unlink()
    if worse is not None:
        place.write_bytes(worse)

    (result,) = small.grade().results
    assert result.points("core") == 60
    assert result.problem
    assert small.graded("ada").read_bytes() == before
    assert small.classroom.result(WEEK, "ada") == result  # the report says it too

    place.write_bytes(small.notebook(PERFECT))
    (result,) = small.grade().results
    assert (result.points("core"), result.problem) == (100, "")


def test_who_could_not_be_graded_is_in_nbgraders_export_all_the_same(small):
    small.hand_in("ada", b"{")
    small.grade()
    config = load_config(small.root).CourseDirectory
    with Gradebook(config.db_url, config.course_id) as book:
        assert [student.id for student in book.students] == ["ada"]
        assert book.assignment_submissions(WEEK.folder) == []


def test_a_machine_without_a_sandbox_stops_the_run_and_keeps_what_is_there(small):
    small.hand_in("ada", HALF)
    small.grade()
    small.hand_in("ada", {"length": "weak machine"})
    with pytest.raises(CourseError, match="no sandbox here"):
        small.grade()
    assert small.points() == {"ada": 60}


def test_a_gradebook_older_than_the_week_is_said(small):
    small.hand_in("ada", HALF)
    source = small.root / "solutions" / WEEK.folder / "vectors.ipynb"
    text = source.read_text()
    source.write_text(text.replace("check_length", "check_size"))
    with pytest.raises(CourseError, match=r"The gradebook does not know check_size.*--force"):
        small.grade()
    source.write_text(text.replace('"points": 60', '"points": 59'))
    with pytest.raises(CourseError, match=r"check_dot_product has 60 points .* and 59 in the notebook"):
        small.grade()


def test_a_week_that_has_not_been_built_is_said(small):
    small.hand_in("ada", HALF)
    (small.root / "solutions" / WEEK.folder / "vectors.ipynb").unlink()
    with pytest.raises(CourseError, match="is not there yet: run `course build` first"):
        small.grade()


def test_a_week_that_has_not_been_released_is_said(small):
    small.hand_in("ada", HALF)
    small.database.rename(small.database.with_suffix(".away"))
    with pytest.raises(CourseError, match=r"no gradebook yet at .*generate_assignment"):
        small.grade()
    assert not small.database.exists()
    small.database.touch()
    with pytest.raises(CourseError, match=r"is empty: run `nbgrader generate_assignment"):
        small.grade()


def test_pictures_go_along_and_links_do_not(tmp_path):
    folder = tmp_path / "submitted/ada/week"
    folder.mkdir(parents=True)
    (folder / "a.PNG").write_bytes(b"picture")
    (folder / "b.svg").write_bytes(b"may hold scripts")
    (folder / "c.png").symlink_to(folder / "a.PNG")
    with (folder / "huge.jpg").open("wb") as file:
        file.truncate(2**30)
    assert list(pictures(folder, tmp_path / "submitted")) == [("a.PNG", b"picture")]


def test_a_file_outside_is_not_reached_by_a_link_on_the_way(tmp_path):
    (tmp_path / "submitted").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "submitted/eve").symlink_to(tmp_path)
    with pytest.raises(Refused, match="eve is a link"):
        read_plain(tmp_path / "submitted/eve/secret", tmp_path / "submitted", 100)
