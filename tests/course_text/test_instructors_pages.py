"""Each week has a page for instructors, whose list of mistakes is that of the week's table."""

import re

import pytest

from grader.build.source import read_source
from grader.notebook.exercises import exercises_of
from grader.tools.known_mistakes.table import read_table, table_path
from grader.tools.known_mistakes.week_page import HEADING, is_stale, page_path, updated_page
from utils.errors import CourseError
from utils.weeks import WEEKS, find_week

from .notebooks import CHECKOUT

WEEK = pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
SECTIONS = [
    "## Ninety minutes",
    "## Questions for the class",
    "## Where pairs get stuck",
    "## Five minutes for each misconception",
    HEADING,
]
NAMED = re.compile(r"`(\w+)`: ([^;]+?)(?:; |\.$)", re.MULTILINE)


def by_hand(week) -> str:
    return page_path(CHECKOUT, week).read_text(encoding="utf-8").split(f"\n{HEADING}\n")[0]


def part(week, section: str) -> str:
    return by_hand(week).split(f"\n{section}\n")[1].split("\n## ")[0]


@WEEK
def test_a_page_has_its_sections_in_order(week):
    text = page_path(CHECKOUT, week).read_text(encoding="utf-8")
    assert re.findall(r"^## .+", text, re.MULTILINE) == SECTIONS


@WEEK
def test_its_list_is_that_of_the_table(week):
    assert not is_stale(CHECKOUT, week), f"run `course build {week.notebook}`"


@WEEK
def test_its_plan_fills_ninety_minutes(week):
    rows = re.findall(r"^\| (\d+)–(\d+) \|", part(week, "## Ninety minutes"), re.MULTILINE)
    ends = [0, *(int(last) for _, last in rows)]
    assert [int(first) for first, _ in rows] == ends[:-1]
    assert ends[-1] == 90


@WEEK
def test_its_plan_names_exercises_of_the_week(week):
    exercises = {each.name for each in exercises_of(read_source(CHECKOUT, week).notebook.cells)}
    rows = re.findall(r"^\| \d+–\d+ \| (.+?) \|", part(week, "## Ninety minutes"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named and named <= exercises


@WEEK
def test_its_misconceptions_name_mistakes_of_the_table(week):
    table = {
        check: {row.name for row in rows} for check, rows in read_table(table_path(CHECKOUT, week)).items()
    }
    sections = part(week, "## Five minutes for each misconception").split("\n### ")[1:]
    assert len(sections) >= 3
    for section in sections:
        lines = [line for line in section.split("\n") if line.startswith("Names: ")]
        named = [pair for line in lines for pair in NAMED.findall(line)]
        assert len(named) >= 2, section.split("\n")[0]
        assert [(check, name) for check, name in named if name not in table.get(check, ())] == []


@WEEK
def test_its_questions_say_what_a_good_answer_has(week):
    questions = re.split(r"^\d\. ", part(week, "## Questions for the class"), flags=re.MULTILINE)[1:]
    assert len(questions) in {2, 3}
    assert all("A good answer" in " ".join(question.split()) for question in questions)


@WEEK
def test_its_code_runs(week, capsys):
    for code in re.findall(r"^```python\n(.*?)^```", by_hand(week), re.MULTILINE | re.DOTALL):
        exec(compile(code, week.folder, "exec"), {})
        assert capsys.readouterr().out


@WEEK
def test_it_and_the_marking_scheme_refer_to_each_other(week):
    scheme = CHECKOUT / "solutions" / week.folder / "own_words.md"
    assert f"(../../solutions/{week.folder}/own_words.md)" in by_hand(week)
    assert f"`grader/weeks/{week.folder}.md`" in scheme.read_text(encoding="utf-8")


@WEEK
def test_the_handbook_refers_to_it_and_to_the_marking_scheme(week):
    handbook = (CHECKOUT / "grader" / "README.md").read_text(encoding="utf-8")
    assert f"(weeks/{week.folder}.md)" in handbook
    assert f"(../solutions/{week.folder}/own_words.md)" in handbook


def test_a_list_follows_its_table_and_leaves_the_rest_alone(tmp_path):
    week = find_week(5)
    table, page = table_path(tmp_path, week), page_path(tmp_path, week)
    for path in (table, page):
        path.parent.mkdir(parents=True)
    head = (
        "| Mistake | What is wrong | Look at | In the solution | Instead |\n| --- | --- | --- | --- | --- |\n"
    )
    table.write_text(f"## causal_mask\n\n{head}| no mask | a \\| b is lost | where? | `x` | `y` |\n")
    page.write_text(f"# By hand\n\n{HEADING}\n\nold\n")
    assert is_stale(tmp_path, week)
    page.write_text(updated_page(tmp_path, week))
    assert page.read_text().startswith(f"# By hand\n\n{HEADING}\n\n`course build` makes this list")
    assert "\n### `causal_mask`\n" in page.read_text()
    assert page.read_text().endswith("\n| no mask | a \\| b is lost | where? |\n")
    assert not is_stale(tmp_path, week)
    page.write_text("# By hand\n")
    with pytest.raises(CourseError, match="has lost the line"):
        updated_page(tmp_path, week)
