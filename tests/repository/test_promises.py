"""The course's front page keeps its word: the notebooks are there, and so is every place that it names."""

import re

import pytest

from utils.weeks import WEEKS

from .checkout import CHECKOUT, read

PAGE = read("course/README.md")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+\.ipynb)\)")


def section(title: str) -> str:
    """What stands on the front page below a heading, up to the next one."""
    _, found, rest = PAGE.partition(f"\n## {title}\n")
    assert found, f"course/README.md has lost its heading {title!r}."
    return rest.partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the table below a heading, row by row, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def headings(notebook: str) -> set[str]:
    """The headings in the source of a notebook, which is named as the front page links it."""
    source = (CHECKOUT / "solutions" / notebook).with_suffix(".py").read_text(encoding="utf-8")
    return set(re.findall(r"^# ##+ (.+)$", source, flags=re.MULTILINE))


def notebook_of(week) -> str:
    return f"{week.folder}/{week.notebook}.ipynb"


PROMISES = rows("What the course promises, and where")
OWNED = rows("What you will own at the end")
EVERYWHERE = re.findall(
    r"\*([^*]+)\*", section("What the course promises, and where").split("**every week**")[1]
)


def test_the_table_of_weeks_links_all_twelve_notebooks_in_order():
    links = [LINK.findall(cells[-1]) for cells in rows("The weeks")]
    assert links == [[(week.notebook, notebook_of(week))] for week in WEEKS]


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_the_notebook_is_there(week):
    assert (CHECKOUT / "course" / notebook_of(week)).is_file()


@pytest.mark.parametrize(("promise", "weeks", "places"), PROMISES, ids=[cells[0] for cells in PROMISES])
def test_a_promise_is_kept_where_the_page_says(promise, weeks, places):
    named = LINK.findall(places)
    assert named and places == ", ".join(f"[{heading}]({notebook})" for heading, notebook in named)
    assert [heading for heading, notebook in named if heading not in headings(notebook)] == []
    numbers = {notebook_of(week): str(week.number) for week in WEEKS}
    assert weeks == ", ".join(dict.fromkeys(numbers[notebook] for _, notebook in named))


def test_every_week_keeps_at_least_one_promise():
    linked = {notebook for *_, places in PROMISES for _, notebook in LINK.findall(places)}
    assert [week.folder for week in WEEKS if notebook_of(week) not in linked] == []


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_what_is_in_every_week_is_in_this_one(week):
    found = {re.sub(r"^Exercise \d+ · ", "", heading) for heading in headings(notebook_of(week))}
    assert len(EVERYWHERE) == 8
    assert [place for place in EVERYWHERE if place not in found] == []


@pytest.mark.parametrize(("piece", "weeks", "made_of", "which"), OWNED, ids=[cells[0] for cells in OWNED])
def test_what_you_own_is_made_in_that_weeks_exercises(piece, weeks, made_of, which):
    made = {
        name
        for number in weeks.split(", ")
        for heading in headings(notebook_of(WEEKS[int(number) - 1]))
        for name in re.findall(r"^Exercise \d+ · `(\w+)`", heading)
    }
    names = re.findall(r"`(\w+)`", made_of + which)
    assert names and set(names) <= made
