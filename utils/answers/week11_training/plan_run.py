"""The answer key of `plan_run`: every size tried, its steps found by bisection with whole numbers."""

import math

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week11_training as checks


def _fits(size, steps, budget, tokens_per_step, max_tokens):
    tokens = steps * tokens_per_step
    return 6 * size * tokens <= budget and tokens <= max_tokens


def _most_steps(size, *limits):
    high = 1
    while _fits(size, high, *limits):
        high *= 2
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _fits(size, middle, *limits) else (low, middle)
    return low


def _expected(*, budget, sizes, tokens_per_step, max_tokens, law):
    best = (math.inf, 0, 0)
    for parameters in sizes:
        most = _most_steps(parameters, budget, tokens_per_step, max_tokens)
        if most == 0:
            continue
        loss = law["a"] / parameters ** law["alpha"] + law["b"] / (most * tokens_per_step) ** law["beta"]
        if loss < best[0]:
            best = (loss, parameters, most)
    return {"parameters": best[1], "steps": best[2]}


ANSWER_KEY = AnswerKey(
    check=checks.plan_run,
    expected=_expected,
    tolerance=EXACT,
    reference="every size tried",
)
