"""The messages of checks: short, one thing at a time, a hint and never the line itself."""

import re

import pytest

from grader.build.source import read_source
from grader.notebook.cells import solution_regions
from utils.weeks import find_week

from .taught import ANSWER_KEYS, REPOSITORY, name_of

every_check = pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)
LONGEST = 140  # characters that fit into a line of a notebook
FILLER = r"\b(simply|obviously)\b"


def solution_lines(answer_key):
    """Return the lines in which this week's solutions compute something, without indentation."""
    source = read_source(REPOSITORY, find_week(answer_key.check.week))
    cells = [cell for cell in source.notebook.cells if cell.cell_type == "code"]
    lines = [line.strip() for cell in cells for region in solution_regions(cell) for line in region]
    return {line for line in lines if len(line) > 12 and re.search(r"^return | [-+*/|&]?= ", line)}


@every_check
def test_every_mistake_says_one_thing_in_a_line(answer_key):
    for mistake in answer_key.mistakes:
        for text in (mistake.explanation, mistake.look_at):
            assert text and "\n" not in text and len(text) <= LONGEST
        assert not mistake.explanation.endswith(".")
        assert not re.search(FILLER, f"{mistake.explanation} {mistake.look_at}")


@every_check
def test_what_is_wrong_and_where_to_look_are_two_things(answer_key):
    assert all(mistake.explanation != mistake.look_at for mistake in answer_key.mistakes)


@every_check
def test_no_message_gives_a_line_of_the_solution_away(answer_key):
    texts = [f"{mistake.explanation} {mistake.look_at}" for mistake in answer_key.mistakes]
    assert [line for line in solution_lines(answer_key) if any(line in text for text in texts)] == []


@every_check
def test_the_question_is_one_and_the_tolerance_has_a_reason(answer_key):
    assert answer_key.check.question.endswith("?")
    assert answer_key.tolerance.reason
