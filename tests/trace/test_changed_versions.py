"""The changed versions of a student's code, which find the line to blame: they do no harm and end in time."""

import functools
import random
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.trace.exercises import LAYER_NORM, norm_inputs
from tests.trace.mistakes import NORM as STUDENTS
from tests.trace.small import blamed, case_of, defined, same
from utils.checks.trace.explain import trace
from utils.checks.trace.limits import MAX_NUMBERS, TimeLimit, size_of_result, times
from utils.checks.trace.recorder import Stop
from utils.checks.trace.rerun import FAILED, call_under
from utils.checks.trace.safety import can_be_changed, uses_an_object

NORM = """def layer_norm(x, gain, bias, eps):
    deviation = x - x.mean(dim=-1, keepdim=True)
    variance = deviation.square().mean(dim=-1, keepdim=True)
    normalised = deviation / torch.sqrt(variance + eps)
    return normalised * gain + bias
"""


def with_first(line: str, before: str = "") -> str:
    return before + NORM.replace("eps):\n", f"eps):\n    {line}\n")


class Counter:
    """An object that stays changed."""

    total = 0


UNSAFE = {
    "opens a file": with_first("open('log', 'a')"),
    "writes through a method": with_first("path.write_text('x')"),
    "saves a tensor": with_first("torch.save(x, 'x.pt')"),
    "writes through numpy": with_first("x.numpy().tofile('x')"),
    "imports": with_first("import os"),
    "a function of another module": with_first("remove('x')"),
    "starts a thread": with_first("threading.Thread(target=print).start()"),
    "changes an object": with_first("counter.total += 1"),
    "uses a model": with_first("model(x)"),
    "uses a generator of its own": with_first("torch.rand(1, generator=generator)"),
    "an object inside a list": with_first("objects[0].total += 1"),
    "catches everything": with_first("try: x = x\n    except: pass"),
    "an endless iterator": with_first("list(itertools.count())"),
    "an endless iterator by its name": with_first("list(count())"),
    "runs text": with_first("exec('x = 1')"),
    "a helper that does it": with_first("helper(x)", "def helper(x):\n    open('log', 'a').write('x')\n"),
    "a helper of another cell": with_first("elsewhere(x)"),
    "a class of another cell": with_first("Elsewhere(x)"),
    "a function inside": with_first("(lambda: remove('x'))()"),
}
SAFE = {
    "plain": NORM,
    "helpers": with_first("helper(x)", "def helper(x):\n    return math.sqrt(2)\n"),
    "a helper of another cell": with_first("harmless(x)"),
    "plain data": with_first("table[0] = numbers['a'] + weights.sum()"),
    "an attribute with the name of an object": with_first("x.counter = 1"),
    "a helper with a cache": with_first("cached(2)"),
    "repeats its numbers": with_first("x.repeat(1, 1)"),
}


def in_a_notebook(code: str) -> Any:
    """Return a function of a cell, with other cells and imports before it."""
    import itertools
    import os

    return defined(
        code,
        "layer_norm",
        elsewhere=defined("def elsewhere(x):\n    open('log', 'a')", "elsewhere"),
        Elsewhere=defined(
            "class Elsewhere:\n    def __init__(self, x):\n        open('log', 'a')", "Elsewhere"
        ),
        harmless=defined("def harmless(x):\n    return x + 1", "harmless"),
        cached=functools.cache(defined("def cached(n):\n    return n", "cached")),
        remove=os.remove,
        threading=threading,
        itertools=itertools,
        count=itertools.count,
        path=Path("x"),
        counter=Counter(),
        objects=[Counter()],
        model=torch.nn.Linear(2, 2),
        generator=torch.Generator(),
        table=[0],
        numbers={"a": 1},
        weights=torch.ones(3),
    )


@pytest.mark.parametrize("name", UNSAFE)
def test_code_that_may_do_harm_is_not_changed(name: str) -> None:
    assert not can_be_changed(in_a_notebook(UNSAFE[name]))


@pytest.mark.parametrize("name", SAFE)
def test_other_code_is(name: str) -> None:
    submission = in_a_notebook(SAFE[name])
    assert can_be_changed(submission) and not uses_an_object(submission)


def traced(code: str, **more: Any) -> Any:
    submission = defined(code, "layer_norm", **more)
    return trace(case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs()), submission)


WRONG_AXIS = STUDENTS.replace("** 2).mean(dim=-1", "** 2).mean(dim=0")


def test_a_small_change_finds_the_line() -> None:
    found = traced(WRONG_AXIS)
    assert found.location.reason == "change"
    assert blamed(found) == "var = ((x - mean) ** 2).mean(dim=0, keepdim=True)"


IN_PLACE = {
    "an input": (
        "deviation = x - x.mean(dim=-1, keepdim=True)",
        "deviation = x.sub_(x.mean(dim=-1, keepdim=True))",
    ),
    "a view": ("    deviation = x - ", "    part = x[..., :2]\n    part.mul_(2)\n    deviation = x - "),
    "a variable of its own": ("deviation.square()", "deviation.square_()"),
}
BLAMED = {
    "an input": "deviation = x.sub_(x.mean(dim=-1, keepdim=True))",
    "a view": "part.mul_(2)",
    "a variable of its own": "variance = deviation.square_().mean(dim=-1, keepdim=True)",
}
WITH_THE_INPUT = NORM.replace("+ bias", "+ bias + x")


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_tensor_that_is_changed_in_place(name: str) -> None:
    """The line that changes it is blamed, not a later one that uses it."""
    before, after = IN_PLACE[name]
    official = defined(WITH_THE_INPUT, "layer_norm")
    submission = defined(WITH_THE_INPUT.replace(before, after), "layer_norm")
    found = trace(case_of(official, submission, norm_inputs()), submission)
    assert blamed(found) == BLAMED[name]


def test_random_states_are_as_before() -> None:
    """To define a function draws the random numbers of its defaults."""
    code = WRONG_AXIS.replace("eps):", "eps, a=torch.rand(2), b=random.random(), c=np.random.rand()):")
    states = []
    for is_traced in (True, False):
        submission = defined(code, "layer_norm", random=random, np=np)
        case = case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs())
        random.seed(5), np.random.seed(5), torch.manual_seed(5)
        if is_traced:
            found = trace(case, submission)
            assert found is not None and found.location is not None and found.location.reason == "change"
        states.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert states[0] == states[1]


def test_inputs_and_variables_are_as_before() -> None:
    code = WRONG_AXIS.replace("    mean =", "    seen.append(1)\n    kept.add_(1)\n    mean =")
    inputs = norm_inputs()
    seen: list[int] = []
    kept = torch.zeros(3)
    submission = defined(code, "layer_norm", seen=seen, kept=kept)
    case = case_of(defined(LAYER_NORM, "layer_norm"), submission, inputs)
    calls, before = list(seen), kept.clone()
    found = trace(case, submission)
    assert found is not None and found.location is not None and found.location.reason == "change"
    assert seen == calls and same(kept, before)
    assert all(same(inputs[name], value) for name, value in norm_inputs().items())


def test_code_that_uses_a_model_of_the_notebook_is_not_called_again() -> None:
    model = torch.nn.Linear(2, 2)
    code = WRONG_AXIS.replace("    mean =", "    model.weight.data.add_(1)\n    mean =")
    submission = defined(code, "layer_norm", model=model)
    case = case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs())
    before = model.weight.detach().clone()
    assert trace(case, submission) is None
    assert same(model.weight.detach(), before)


ENDLESS = {
    "a loop": "def f():\n    while True:\n        pass",
    "a generator": "def f():\n  def g():\n    while True:\n      pass\n    yield\n  return list(g())",
    "a comprehension": "def f():\n    return [0 for _ in iter(int, 1)]",
    "a generator expression": "def f():\n    return sum(0 for _ in iter(int, 1))",
    "recursion": "def f(n=0):\n    return f(n + 1)",
    "torch": "def f():\n    x = torch.ones(2)\n    while True: x = x + 1",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_version_that_does_not_end_is_stopped(name: str) -> None:
    submission = defined(ENDLESS[name], "f")
    assert call_under(TimeLimit(0.05), lambda each: each(), submission, {}) is FAILED


TOO_LARGE = [
    "torch.zeros(50_000, 50_000)",
    "torch.ones((50_000, 50_000))",
    "torch.eye(50_000)",
    "torch.arange(10**9)",
    "x.repeat(10_000, 10_000)",
    "torch.ones(5000, 1) + torch.ones(1, 5000)",
    "torch.ones(5000, 1) @ torch.ones(1, 5000)",
    "torch.outer(torch.ones(5000), torch.ones(5000))",
    "torch.nn.functional.one_hot(torch.arange(1000), 50_000)",
    "times([0] * 1000, 50_000)",
]


@pytest.mark.parametrize("code", TOO_LARGE)
def test_a_version_that_makes_a_large_tensor_is_stopped(code: str) -> None:
    submission = defined(f"def f():\n    x = torch.ones(2)\n    return ({code}).shape", "f", times=times)
    limit = TimeLimit(60)
    assert call_under(limit, lambda each: each(), submission, {}) is FAILED
    with pytest.raises(Stop), TimeLimit(60):
        submission()


@pytest.mark.parametrize(
    ("func", "args"),
    [
        (torch.zeros, (200, 300)),
        (torch.arange, (0, 50_257)),
        (torch.tensor, ([50_000, 50_000],)),
        (torch.Tensor.softmax, (torch.ones(3), -1)),
        (torch.matmul, (torch.ones(300, 400), torch.ones(400, 300))),
        (torch.cat, ([torch.ones(3), torch.ones(4)],)),
        (torch.Tensor.transpose, (torch.ones(2, 3), 0, 1)),
    ],
)
def test_usual_sizes_are_allowed(func: Any, args: tuple[Any, ...]) -> None:
    assert size_of_result(func, args, {}) <= MAX_NUMBERS
