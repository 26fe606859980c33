"""Each rule for sources: broken in one place, it is named with file, cell and reason."""

import pytest

from grader.build.source import read_source
from grader.build.validate import problems, validate_source
from utils.errors import CourseError

from .small_course import EMBEDDINGS, TOKENS, VECTORS, replace_in, source_of

LAST_LINE = "    return max(range(len(vector)), key=lambda place: vector[place])"
STATED = "# *Difficulty 1 of 5 · importance 3 of 5 · {minutes} minutes · stretch, {points} points*"
BREACHES = {
    "two kinds": ('tags=["look", ', 'tags=["look", "set-up", ', "needs one kind .* it has set-up and look"),
    "no kind": ('tags=["look", "raises-exception"]', 'tags=["raises-exception"]', "it has none"),
    "unreadable header": (
        'tags=["check", "stretch"] nbgrader={',
        'tags=["check", "stretch"] nbgrader={{',
        "JSON",
    ),
    "metadata of a wrong type": (
        'tags=["look", "raises-exception"]',
        'tags=["look", "raises-exception"] nbgrader=3',
        "it must be key=value",
    ),
    "a broken header": (
        "# jupyter:\n#   kernelspec:",
        "# jupyter: [\n#   kernelspec:",
        "a header that is not YAML",
    ),
    "not Python": ("products = [one", "products = one", "not Python: .* line 4"),
    "no end mark": (
        f"{LAST_LINE}\n    ### END SOLUTION",
        LAST_LINE,
        "do not pair up: BEGIN SOLUTION",
    ),
    "mark in a check": (
        'check("length", length',
        '### BEGIN SOLUTION\n### END SOLUTION\ncheck("length", length',
        "BEGIN SOLUTION stands in a cell that is no solution cell",
    ),
    "work without a region": (
        f"    ### BEGIN SOLUTION\n{LAST_LINE}\n    ### END SOLUTION",
        "    return 0",
        "a work cell needs a solution region",
    ),
    "neither core nor stretch": ('tags=["check", "stretch"]', 'tags=["check"]', "either core or stretch"),
    "look without its tag": ('["look", "raises-exception"]', '["look"]', "needs the tag raises-exception"),
    "look with points": (
        'tags=["look", "raises-exception"]',
        'tags=["look", "raises-exception"] nbgrader={"grade_id": "look"}',
        "a look cell has no nbgrader metadata",
    ),
    "set-up unlocked": (
        '"grade_id": "set_up", "locked": true',
        '"grade_id": "set_up", "locked": false',
        "set-up cell",
    ),
    "old schema": (
        '"points": 7, "schema_version": 3',
        '"points": 7, "schema_version": 2',
        "check_largest_place.*schema_version 3",
    ),
    "a name with spaces": ('"grade_id": "length"', '"grade_id": "the length"', "letters, digits, - and _"),
    "no points": ('"points": 7', '"points": 0', "a whole number above 0, not 0"),
    "points in words": ('"points": 7', '"points": "7"', "a whole number above 0, not '7'"),
    "a name twice": ('"grade_id": "length"', '"grade_id": "dot_product"', "twice or more: dot_product"),
    "points that the text does not state": (
        "# ## Stretch: the largest place",
        f"# ## Stretch: the largest place\n#\n{STATED.format(minutes=15, points=8)}",
        "check_largest_place.*gives it 8 points, its metadata 7",
    ),
    "points that are not in the table": (
        "# ## Stretch: the largest place",
        f"# ## Stretch: the largest place\n#\n{STATED.format(minutes=15, points=7)}",
        "difficulty 1 and 15 minutes has 8 points .*, not 7",
    ),
    "minutes that are not in the table": (
        "# ## Stretch: the largest place",
        f"# ## Stretch: the largest place\n#\n{STATED.format(minutes=12, points=7)}",
        "takes 10, 15, 20, 25, 30, 40 minutes; the text above states difficulty 1 and 12 minutes",
    ),
    "a core check below a text that says stretch": (
        "# ## Exercise 2: the length",
        f"# ## Exercise 2: the length\n#\n{STATED.format(minutes=15, points=8)}",
        "check_length.*calls it stretch, its tags do not",
    ),
    "core is not 100": ('"points": 60', '"points": 61', "add up to 101 points; they must add up to 100"),
    "a part that imports": (
        "def length(vector):",
        "import math\n\n\ndef length(vector):",
        "a part's imports belong in a set-up cell",
    ),
    "a part that is no work": (
        'tags=["set-up"]',
        'tags=["set-up", "part"]',
        "only a work cell can be a part",
    ),
}


def test_the_small_course_keeps_the_contract(course):
    for week in (VECTORS, TOKENS, EMBEDDINGS):
        validate_source(read_source(course, week))


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_named_with_its_place(course, breach):
    old, new, complaint = BREACHES[breach]
    replace_in(source_of(course, VECTORS), old, new)
    with pytest.raises(CourseError, match=rf"solutions/week01_vectors/vectors.py.*{complaint}"):
        validate_source(read_source(course, VECTORS))


def test_work_needs_a_check_of_its_own(course):
    path = source_of(course, EMBEDDINGS)
    text = path.read_text()
    path.write_text(text[: text.index('# %% tags=["check"')])
    found = list(problems(read_source(course, EMBEDDINGS)))
    assert any("cell 3 (embed): no check cell comes after it" in each for each in found)


def test_all_breaches_are_named_at_once(course):
    path = source_of(course, VECTORS)
    replace_in(path, '"points": 7', '"points": 0')
    replace_in(path, '"points": 60', '"points": 61')
    assert len(list(problems(read_source(course, VECTORS)))) == 2


def test_a_source_with_parts_only_needs_no_points(course):
    assert list(problems(read_source(course, TOKENS))) == []
    replace_in(source_of(course, TOKENS), "    parts_only: true", "    parts_only: false")
    assert list(problems(read_source(course, TOKENS)))
