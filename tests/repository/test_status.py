"""`course status` counts what is there, and README.md's table says the same."""

import pytest
from rich.console import Console

from grader.command_line import status
from grader.tools.mutation.results import Score
from grader.tools.status.counts import Numbers, count_weeks, run_times
from grader.tools.status.readme import BEGIN, END, table_in, write_table
from grader.tools.status.table import markdown_table, rows
from utils.errors import CourseError
from utils.weeks import WEEKS, find_week

from .checkout import CHECKOUT, read


@pytest.fixture(scope="module")
def counted():
    return count_weeks(CHECKOUT)


def test_the_readmes_table_is_true(counted):
    assert table_in(read("README.md")) == markdown_table(counted), "Run `course status --write`."


def test_all_twelve_weeks_are_there_with_at_least_110_exercises(counted):
    assert tuple(each.week for each in counted) == WEEKS
    assert sum(each.exercises for each in counted) >= 110


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_every_week_names_twenty_mistakes_and_has_eight_right_variants(counted, week):
    (numbers,) = (each for each in counted if each.week == week)
    assert numbers.mistakes >= 20
    assert numbers.variants >= 8
    assert run_times()["seconds"][week.folder] == numbers.seconds


def test_the_last_row_is_the_sum():
    numbers = [
        Numbers(find_week(1), 3, 1, 135, mistakes=700, variants=10, score=Score(200, 199), seconds=4.0),
        Numbers(find_week(2), 2, 2, 120.5, mistakes=400, variants=9, score=Score(0, 0), seconds=None),
    ]
    assert rows(numbers)[-1] == ("", "together", "5", "3", "255.5", "1,100", "19", "99.5 %", "4 s")
    assert rows(numbers)[1][-2:] == ("–", "–")


@pytest.mark.parametrize(
    "old",
    ["", "\nold\n", "\n\n", "\nabove\n"],
    ids=["nothing", "another", "blank", "a text that stands elsewhere, too"],
)
def test_only_the_table_changes(tmp_path, old):
    page = tmp_path / "README.md"
    page.write_text(f"above\n{BEGIN}{old}{END}\nbelow\n")
    write_table(page, "| new |")
    assert page.read_text() == f"above\n{BEGIN}\n| new |\n{END}\nbelow\n"
    assert table_in(page.read_text()) == "| new |"


def test_a_page_without_marks_is_refused_and_left_alone(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("no table")
    with pytest.raises(CourseError, match="has lost a mark"):
        write_table(page, "| new |")
    assert page.read_text() == "no table"


def test_the_command_shows_it(capsys):
    status.run(measure=False, write=False, console=Console(width=200))
    assert "Everything is a vector" in capsys.readouterr().out
