"""Programs that are wrong where an argument is 0 or a size is 1, at a bound, or beyond ten layers: each fails
on the public cases. So no hidden case takes a tick away that a notebook has shown.
"""

import tomllib

import pytest

from tests.repository.checkout import CHECKOUT
from utils.answers.judge import find_answer_key

from .edited import edited_solution

FILES = sorted((CHECKOUT / "solutions").glob("week*/wrong_programs.toml"))
WRONG = {
    (week["folder"], exercise): programs
    for week in (tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES)
    for exercise, programs in week["exercises"].items()
}
every_exercise = pytest.mark.parametrize(("folder", "exercise"), WRONG, ids=lambda value: value)


@every_exercise
def test_every_wrong_program_fails_on_the_public_cases(folder, exercise):
    check = find_answer_key(folder, exercise).check
    reports = {
        what: check.examine(edited_solution(folder, exercise, edits))
        for what, edits in WRONG[folder, exercise].items()
    }
    assert [what for what, report in reports.items() if report.passed] == []


@every_exercise
def test_the_solution_passes_when_nothing_is_edited(folder, exercise):
    report = find_answer_key(folder, exercise).check.examine(edited_solution(folder, exercise, []))
    assert report.passed, str(report)


@every_exercise
def test_there_are_three_wrong_programs_at_least(folder, exercise):
    assert len(WRONG[folder, exercise]) >= 3, (
        f"add programs to [exercises.{exercise}] in solutions/{folder}/wrong_programs.toml, or remove it"
    )
