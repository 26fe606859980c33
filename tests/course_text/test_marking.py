"""Each week's answer in words has a marking scheme with calibrated samples, and no student sees it."""

import re
import subprocess

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter

from grader.build.release import load_config
from grader.nbgrader_plugins.marking_scheme import ShowMarkingScheme
from utils.weeks import WEEKS

from .marking import read
from .notebooks import CHECKOUT, cells

WEEK = pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
ANSWER = "own_words"
TELLING = 7
"""Words in a row, as for solution text: fewer are written for other reasons."""


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def outside() -> dict[str, str]:
    """The tracked text files outside `solutions/`, by name, without white space."""
    command = ["git", "ls-files", "-z", "course", "utils", "grader", "README.md"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    paths = [
        CHECKOUT / name for name in listed.split("\0") if name.endswith((".ipynb", ".py", ".md", ".json"))
    ]
    return {
        str(path.relative_to(CHECKOUT)): squeezed(path.read_text(encoding="utf-8"))
        for path in paths
        if path.is_file()
    }


@WEEK
def test_the_points_of_a_scheme_are_those_of_the_answer(week):
    (points,) = (
        cell["metadata"]["nbgrader"]["points"]
        for cell in cells(week)
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == ANSWER
    )
    assert sum(read(week).points) == points == 10


@WEEK
def test_two_sample_answers_are_marked_row_by_row(week):
    scheme = read(week)
    assert [sample.total for sample in scheme.samples] == [9, 5]
    for sample in scheme.samples:
        assert sum(sample.marks) == sample.total and sample.why
        assert all(mark <= most for mark, most in zip(sample.marks, scheme.points, strict=True))


@WEEK
def test_the_words_that_the_question_asks_for_are_in_the_scheme(week):
    (question,) = (
        cell["source"] for cell in cells(week) if re.search(r"\buse the words\b", cell["source"], re.I)
    )
    asked = re.split(r"\buse the words\b", question, flags=re.I)[1].split(". ")[0]
    words = re.findall(r"\*+(.+?)\*+", asked)
    ideas = " ".join(read(week).ideas).lower()
    assert len(words) >= 3
    assert [word for word in words if word.lower().rstrip("s") not in ideas] == []


@WEEK
def test_nothing_of_a_scheme_is_outside_the_solutions(week, outside):
    scheme = read(week)
    telling = [*scheme.ideas, *(sample.answer for sample in scheme.samples)]
    parts = [part for text in telling for part in re.split(r"[.:;] ", text) if len(part.split()) >= TELLING]
    assert parts
    assert [(name, part) for part in parts for name, text in outside.items() if squeezed(part) in text] == []


def shown(week, **resources: str) -> list[str]:
    """The text cells of a released notebook on a page that is asked for with `resources`."""
    path = CHECKOUT / "course" / week.folder / f"{week.notebook}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    preprocessor = ShowMarkingScheme(source_folder=str(CHECKOUT / "solutions"))
    after, _ = preprocessor.preprocess(notebook, dict(resources))
    return [cell.source for cell in after.cells]


@WEEK
def test_formgrader_shows_the_scheme_below_the_answer(week):
    page = shown(week, assignment_id=week.folder, submission_id="1")
    place = page.index(read(week).text)
    assert page[place - 1] in [
        cell["source"]
        for cell in cells(week)
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == ANSWER
    ]


def test_feedback_does_not_show_it():
    week = WEEKS[4]
    assert shown(week, assignment_id=week.folder) == [cell["source"] for cell in cells(week)]
    assert shown(week, assignment_id="another", submission_id="1") == [c["source"] for c in cells(week)]


def test_the_course_is_configured_to_show_it():
    config = load_config(CHECKOUT)
    exporter = HTMLExporter(config=config)
    (used,) = (each for each in exporter._preprocessors if isinstance(each, ShowMarkingScheme))
    assert used.enabled and used.source_folder == str(CHECKOUT / "solutions")
