"""One trial of a mutant: what kills it, what does not, and that none outlives its time."""

from pathlib import Path

import pytest

from grader.tools.mutation.digest import digest_of, reached
from grader.tools.mutation.exercise import MutatedExercise, exercises_of
from grader.tools.mutation.trial import Trials, one_thread
from utils import reference
from utils.answers import gpt2_shapes
from utils.answers.judge import find_answer_key
from utils.weeks import find_week

CHECKOUT = Path(__file__).resolve().parents[2]
RIGHT = """
def first_token_score(pattern):
    later_queries = pattern.narrow(-2, 1, pattern.shape[-2] - 1)
    return later_queries.select(-1, 0).mean(-1)
"""


@pytest.fixture(scope="module")
def exercise() -> MutatedExercise:
    one_thread()
    reference.choose("storyteller")
    (found,) = (each for each in exercises_of(CHECKOUT, find_week(6)) if each.name == "first_token_score")
    return found


@pytest.fixture(scope="module")
def trials(exercise) -> Trials:
    return Trials(exercise, seeds=2)


def test_what_is_right_survives(trials):
    assert trials.outcome(0, RIGHT) == "survived"


@pytest.mark.parametrize(
    "line",
    [
        "return pattern[..., 1:, 1].mean(dim=-1)",
        "return pattern.narrow(-2, 1, pattern.shape[-2] - 1).select(-1, 0).mean(-1).squeeze()",
        "return None",
        "raise SystemExit(0)",
        "import os; os.kill(os.getpid(), 9)",
        "this is no Python",
    ],
)
def test_what_is_wrong_is_killed_however_it_ends(trials, line):
    assert trials.outcome(0, f"def first_token_score(pattern):\n    {line}\n") == "killed"


def test_an_endless_loop_is_killed(exercise):
    trials = Trials(exercise, seeds=1)
    trials._seconds = 0.2
    assert trials.outcome(0, "def first_token_score(pattern):\n    while True:\n        pass\n") == "killed"


def test_what_only_hidden_cases_find_is_told_apart(trials):
    public = sorted({str(list(case.inputs["pattern"].shape)) for case, _ in trials._cases(0)})
    code = f"{RIGHT[:-1]} if str(list(pattern.shape)) in {public} else None\n"
    assert trials.outcome(0, code) == "hidden"
    seed, label = trials.failing_case(0, code)
    assert seed in {judge.seed for judge in trials._judges[1:]}
    assert "query" in label


def test_a_solution_that_does_not_pass_is_no_start(exercise):
    broken = MutatedExercise(
        exercise.week, exercise.name, exercise.cells, "lambda pattern: None", exercise.namespace
    )
    with pytest.raises(AssertionError, match="the official solution does not pass"):
        Trials(broken, seeds=1)


def test_the_digest_follows_what_the_result_rests_on(exercise):
    before = digest_of(exercise, 20)
    changed = MutatedExercise(exercise.week, exercise.name, (RIGHT,), exercise.submitted, exercise.namespace)
    assert before == digest_of(exercise, 20)
    assert before not in {digest_of(changed, 20), digest_of(exercise, 19)}


def test_the_digest_reaches_helpers_in_other_modules_and_leaves_comments_out(exercise):
    check = find_answer_key(exercise.week, exercise.name).check
    texts = "\n".join(reached(check.cases, check.run))
    assert "def first_block_patterns" in texts
    assert "def sizes(self" in texts or "class Draw" in texts or "def _patterns" in texts
    assert "Causal patterns, in which every query" not in texts  # a docstring


def test_the_digest_follows_the_modules_that_only_the_judge_has(monkeypatch):
    drawn = find_answer_key("week07_transformer", "init_weights").check.cases
    before = reached(drawn)
    monkeypatch.setattr(gpt2_shapes, "TIED", {"another": "pair"})
    assert reached(drawn) - before == {"'another'", "'pair'"}
