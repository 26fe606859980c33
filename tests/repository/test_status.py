"""`course status` counts what is there, and README.md's table says the same."""

import pytest
from rich.console import Console

from grader.command_line import status
from grader.tools.mutation.results import Score
from grader.tools.status.costs_table import cost_rows, markdown_costs
from grader.tools.status.counts import Numbers, count_weeks
from grader.tools.status.measurements import (
    CheckCost,
    Cost,
    Measured,
    SlowCell,
    keep_measured,
    read_measured,
)
from grader.tools.status.readme import COSTS, STATUS, table_in, write_table
from grader.tools.status.table import markdown_table, rows
from utils.errors import CourseError
from utils.weeks import WEEKS, find_week

from .checkout import CHECKOUT, read


@pytest.fixture(scope="module")
def counted():
    return count_weeks(CHECKOUT)


TRAINING = 11
"""The week in which a demonstration trains a model for some minutes, and draws its loss meanwhile."""


def test_the_readmes_table_is_true(counted):
    assert table_in(read("README.md")) == markdown_table(counted), "Run `course status --write`."


def test_the_readmes_costs_are_those_that_were_measured():
    assert table_in(read("README.md"), COSTS) == markdown_costs(WEEKS, read_measured()), (
        "Run `course status --write`."
    )


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_every_week_is_measured_and_what_is_measured_is_within_its_limits(week):
    found = read_measured()[week.folder]
    assert found.storyteller is not None
    for cost in filter(None, (found.storyteller, found.gpt2)):
        assert (cost.megabytes or 0) <= 2500
        if week.number != TRAINING:
            assert all(each.seconds <= 60 for each in cost.slowest if each.is_demonstration)


def test_all_twelve_weeks_are_there_with_at_least_110_exercises(counted):
    assert tuple(each.week for each in counted) == WEEKS
    assert sum(each.exercises for each in counted) >= 110


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_every_week_names_twenty_mistakes_and_has_eight_right_variants(counted, week):
    (numbers,) = (each for each in counted if each.week == week)
    assert numbers.mistakes >= 20
    assert numbers.variants >= 8
    assert numbers.seconds


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
@pytest.mark.parametrize("marks", [STATUS, COSTS], ids=["numbers", "costs"])
def test_only_the_table_changes(tmp_path, marks, old):
    page, (begin, end) = tmp_path / "README.md", marks
    page.write_text(f"above\n{begin}{old}{end}\nbelow\n")
    write_table(page, "| new |", marks)
    assert page.read_text() == f"above\n{begin}\n| new |\n{end}\nbelow\n"
    assert table_in(page.read_text(), marks) == "| new |"


def test_a_page_without_marks_is_refused_and_left_alone(tmp_path):
    page = tmp_path / "README.md"
    page.write_text("no table")
    with pytest.raises(CourseError, match="has lost a mark"):
        write_table(page, "| new |")
    assert page.read_text() == "no table"


def test_the_command_shows_it(capsys):
    status.run([], measure=False, write=False, console=Console(width=200))
    shown = capsys.readouterr().out
    assert "Everything is a vector" in shown
    assert "Measured on" in shown


def test_weeks_are_named_for_a_measurement_alone():
    with pytest.raises(CourseError, match="Weeks are for --time"):
        status.run([find_week(3)], measure=False, write=False, console=Console(width=200))


SLOW, QUICK = SlowCell("cell 9 (look)", 12.4, True), SlowCell("cell 7 (check)", 20.0, False)
COST = Cost(10.2, 5.1, 1234, "cell 9 (look)", (QUICK, SLOW), "2 cores")


def test_what_is_measured_is_kept_part_by_part(tmp_path):
    path, check = tmp_path / "run_times.json", CheckCost(8.0, 500, "2 cores")
    assert read_measured(path) == {}
    keep_measured("week02_tokens", "storyteller", COST, path)
    keep_measured("week01_vectors", "check", check, path)
    keep_measured("week02_tokens", "check", check, path)
    assert read_measured(path) == {
        "week01_vectors": Measured(check=check),
        "week02_tokens": Measured(storyteller=COST, check=check),
    }


def test_a_row_of_costs():
    found = {"week01_vectors": Measured(gpt2=COST, check=CheckCost(8.0, 500, "2 cores"))}
    assert cost_rows([find_week(1)], found) == [
        ("1", "–", "–", "–", "10 s", "15 s", "1.2 GB", "12 s", "8 s", "0.5 GB")
    ]
    graded_only = Cost(10.2, None, None, "", (), "2 cores")
    found = {"week01_vectors": Measured(storyteller=graded_only)}
    assert cost_rows([find_week(1)], found) == [("1", "10 s", *["–"] * 8)]
