"""Programs that are wrong where an argument is 0 or a size is 1, at a bound, or beyond ten layers: each fails
on the public cases. So no hidden case takes a tick away that a notebook has shown.
"""

import tomllib

import pytest

from tests.repository.checkout import CHECKOUT
from utils.answers.judge import find_answer_key
from utils.checks.engine.cases import PUBLIC_SEED

from .edited import edited_solution
from .taught import judge, name_of

FILES = sorted((CHECKOUT / "solutions").glob("week*/wrong_programs.toml"))
WRONG = {
    (week["folder"], exercise): programs
    for week in (tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES)
    for exercise, programs in week["exercises"].items()
}
every_check = pytest.mark.parametrize(
    "answer_key", [find_answer_key(folder, exercise) for folder, exercise in WRONG], ids=name_of
)


def report_on(answer_key, edits):
    """Return the report on the solution with these edits."""
    check = answer_key.check
    return check.examine(edited_solution(check.week, check.name, edits), judge(PUBLIC_SEED))


@every_check
def test_every_wrong_program_fails_on_the_public_cases(answer_key):
    wrong = WRONG[answer_key.check.week, answer_key.check.name]
    reports = {what: report_on(answer_key, edits) for what, edits in wrong.items()}
    assert [what for what, report in reports.items() if report.passed] == []


@every_check
def test_the_solution_passes_when_nothing_is_edited(answer_key):
    report = report_on(answer_key, [])
    assert report.passed, str(report)


@every_check
def test_there_are_three_wrong_programs_at_least(answer_key):
    folder, exercise = answer_key.check.week, answer_key.check.name
    assert len(WRONG[folder, exercise]) >= 3, (
        f"add programs to [exercises.{exercise}] in solutions/{folder}/wrong_programs.toml, or remove it"
    )
