"""A right program of any style is never blamed: only what comes after it, or nothing."""

import inspect
import textwrap
from typing import Any

import pytest
import torch

from grader.build.steps import register_cell
from tests.checks.taught import ANSWER_KEYS, name_of, variants
from utils.answers.answer_key import AnswerKey
from utils.answers.judge import LocalJudge
from utils.answers.steps import failed_case
from utils.checks.trace.explain import trace

WRONG = "return altered(result)"
JUDGE = LocalJudge()


def altered(result: Any) -> Any:
    """Return a wrong result of the same kind."""
    if isinstance(result, torch.Tensor):
        return ~result if result.dtype is torch.bool else result + 1
    if isinstance(result, bool | str):
        return not result if isinstance(result, bool) else result + "x"
    if isinstance(result, int | float):
        return result + 1
    if isinstance(result, dict):
        return {key: altered(value) for key, value in result.items()}
    return type(result)(map(altered, result)) if isinstance(result, list | tuple) else result


def with_a_wrong_end(variant: Any, name: str) -> tuple[Any, str] | None:
    """Return a variant as a cell's code with one more function, which makes its result wrong."""
    try:
        source = textwrap.dedent(inspect.getsource(variant))
    except (OSError, TypeError):
        return None
    if not source.startswith("def "):
        return None
    code = f"{source}\n\ndef {name}(*inputs):\n    result = {variant.__name__}(*inputs)\n    {WRONG}\n"
    namespace = {**variant.__globals__, "altered": altered}
    file = register_cell(code)
    exec(compile(code, file, "exec"), namespace)
    return namespace[name], file


@pytest.mark.slow
@pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)
def test_no_right_line_is_blamed(answer_key: AnswerKey) -> None:
    for variant in variants(answer_key)[-3:]:  # `python -m grader.tools.trace` takes all of them
        made = with_a_wrong_end(variant, answer_key.check.name) if inspect.isfunction(variant) else None
        if made is None or variant.__name__ == answer_key.check.name:
            continue
        check_run = JUDGE.open(answer_key.check)
        answer_key.check._run_cases(made[0], check_run)
        case = failed_case(check_run)
        found = trace(case, made[0]) if case else None
        if found and found.location:
            assert found.location.statement.text == WRONG, (variant.__name__, found.location)
