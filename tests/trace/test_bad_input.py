"""Students' code that cannot be traced, or behaves differently when it is: the card without the trace."""

import builtins
import random
import sys
import threading
from typing import Any

import numpy as np
import pytest
import torch

from tests.trace.exercises import LAYER_NORM, norm_inputs
from tests.trace.small import card, case_of, copies, defined
from utils.checks.engine.report import Report
from utils.checks.trace.card import with_trace
from utils.checks.trace.explain import FailedCase

BODY = """
    mean = x.mean(dim=-1, keepdim=True)
    var = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
    return {result}
"""
PLAIN = "(x - mean) / torch.sqrt(var + eps) * gain - bias"


def program(before: str = "", result: str = PLAIN, first: str = "", after: str = "") -> str:
    """Return a wrong layer_norm with more code before it and in it."""
    indented = "".join(f"\n    {line}" for line in first.split("\n") if line)
    return f"{before}\ndef layer_norm(x, gain, bias, eps):{indented}{BODY.format(result=result)}{after}"


def tried(code: str, monkeypatch: pytest.MonkeyPatch | None = None) -> tuple[Report, Report, Any]:
    """Return a report before and after the trace, and the program."""
    submission = defined(
        code, "layer_norm", random=random, sys=sys, threading=threading, np=np, builtins=builtins
    )
    case = case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs())
    before = Report(
        "week", "layer_norm", False, 3, 1, "differs", (("look at", "the formula"),), notes=("a note",)
    )
    return before, with_trace(before, case, submission), submission


def is_same_verdict(before: Report, after: Report) -> bool:
    kept = ("week", "check", "passed", "cases", "failed", "headline", "mistake", "written", "notes")
    return all(getattr(before, name) == getattr(after, name) for name in kept)


UNTRACEABLE = {
    "random": program(result=PLAIN + " + random.random()"),
    "its own random numbers": program("import secrets", PLAIN + " + secrets.randbelow(1000)"),
    "time": program("import time", PLAIN + " + time.perf_counter() * 1e4 % 7"),
    "another result in each call": program("calls = [0]", PLAIN + " + len(calls)", "calls.append(1)"),
    "raises only when traced": program(first="if sys.gettrace(): raise ValueError"),
    "another result when traced": program(result=PLAIN + " + (sys.gettrace() is not None)"),
    "ends the trace": program(first="sys.settrace(None)"),
    "100,000 operations": program(first="for _ in range(50_000): x = x + 0 * x"),
    "ends only when it is not traced": program(first="while sys.gettrace():\n    pass"),
    "catches everything": program(
        first="while sys.gettrace():\n    try:\n        x = x + 0\n    except BaseException:\n        pass"
    ),
    "exits when traced": program(first="if sys.gettrace(): sys.exit()"),
    "deep recursion": program(
        "def down(n): return n if n == 0 else down(n - 1)", PLAIN, "down(100_000) if sys.gettrace() else 0"
    ),
    "raises in repr when traced": program(
        "class Odd(dict):\n    def __repr__(self): raise ValueError\n    def items(self): raise ValueError",
        first="odd = Odd(a=1)",
    ),
}
UNTRACED = {name for name in UNTRACEABLE if name not in ("raises in repr when traced", "random")}
"""Those whose card has no part on the lines."""


@pytest.mark.parametrize("name", UNTRACEABLE)
def test_code_that_behaves_differently_when_traced(name: str) -> None:
    before, after, _ = tried(UNTRACEABLE[name])
    assert is_same_verdict(before, after)
    if name in UNTRACED:
        assert after.lines == before.lines


FINE = {
    "print": program(first='print("here")'),
    "a generator": program(
        "def each(n):\n    for i in range(n):\n        yield i", first="total = sum(each(5))"
    ),
    "recursion": program("def down(n):\n    return n if n == 0 else down(n - 1)", first="total = down(20)"),
    "a thread": program(
        first="found = []\n"
        "thread = threading.Thread(target=lambda: found.append(x.sum()))\n"
        "thread.start()\n"
        "thread.join()"
    ),
    "autograd": program(first="w = x.clone().requires_grad_()\n(w * w).sum().backward()\ngradient = w.grad"),
    "in place on an input": program(first="x += 1\nx -= 1"),
    "a function mode": program(
        "from torch.overrides import TorchFunctionMode\n"
        "class Mode(TorchFunctionMode):\n"
        "    def __torch_function__(self, func, types, args=(), kwargs=None):\n"
        "        return func(*args, **(kwargs or {}))",
        first="with Mode():\n    total = x.sum()",
    ),
    "vmap": program(first="total = torch.vmap(torch.sum)(x)"),
    "inference mode": program(first="with torch.inference_mode():\n    total = x.sum() + x"),
    "numpy": program(first="total = np.cumsum(x.numpy(), axis=0)"),
    "a comprehension and a lambda": program(first="total = [(lambda a: a * 2)(i) for i in range(5)]"),
    "warnings": program("import warnings", first='warnings.warn("careful")'),
    "sparse and complex tensors": program(first="s, c = x.to_sparse(), x * 1j\nq = x.to(torch.bfloat16)"),
    "no source": "exec('def layer_norm(x, gain, bias, eps):\\n    return x')",
}


@pytest.mark.parametrize("name", FINE)
def test_unusual_code_is_traced_silently(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    submission = defined(FINE[name], "layer_norm", random=random, threading=threading, np=np)
    case = case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs())
    capsys.readouterr()
    text = card(case, submission)
    assert capsys.readouterr() == ("", "")
    assert "your steps" in text or name == "no source"
    assert PLAIN in text or "look at" not in text


def test_the_random_state_is_as_before() -> None:
    code = program(first="torch.manual_seed(1)\nrandom.seed(1)\nnp.random.seed(1)")
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    submission = defined(code, "layer_norm", random=random, np=np)
    case = case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs())
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    card(case, submission)
    found = random.random(), np.random.rand(), torch.rand(1).item()
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    assert found == (random.random(), np.random.rand(), torch.rand(1).item())


def test_the_notebooks_variables_are_as_before() -> None:
    code = program(
        "count, seen, kept, table, names = 0, [], {}, torch.zeros(3), {'a'}\n"
        "def outer():\n"
        "    held = 0\n"
        "    def inner():\n"
        "        nonlocal held\n"
        "        held += 1\n"
        "        return held\n"
        "    return inner\n"
        "inner = outer()\n"
        "def with_default(items=[]):\n"
        "    items.append(1)\n"
        "    return len(items)\n",
        first="global count, new\ncount += 1\nnew = 1\nseen.append(1)\nkept[len(kept)] = 1\n"
        "table.add_(1)\nnames.add(len(names))\nlayer_norm.calls = 1\ninner()\nwith_default()",
    )
    submission = defined(code, "layer_norm")
    space = submission.__globals__
    case = case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs())
    state = [repr(space[name]) for name in ("count", "seen", "kept", "table", "names")]
    calls = vars(submission).copy()
    del space["new"]
    text = card(case, submission)
    assert "look at" in text
    assert [repr(space[name]) for name in ("count", "seen", "kept", "table", "names")] == state
    assert "new" not in space and vars(submission) == calls
    assert space["inner"]() == 2 and space["with_default"]() == 2


@pytest.mark.parametrize(
    "kind", ["an instance", "a partial", "a compiled function", "a generator", "a number"]
)
def test_what_is_no_function_or_class_is_not_called_again(kind: str) -> None:
    calls: list[int] = []

    class Callable:
        def __call__(self, **inputs: Any) -> torch.Tensor:
            calls.append(1)
            return inputs["x"]

    def compiled(**inputs: Any) -> torch.Tensor:
        calls.append(1)
        return inputs["x"]

    compiled._torchdynamo_orig_callable = compiled  # type: ignore[attr-defined]
    given: dict[str, Any] = {
        "an instance": Callable(),
        "a partial": __import__("functools").partial(Callable()),
        "a compiled function": compiled,
        "a generator": (each for each in ()),
        "a number": 3,
    }
    inputs = norm_inputs()
    case = FailedCase(
        run=lambda submission, **more: submission(**more),
        inputs=lambda: copies(inputs),
        steps=case_of(defined(LAYER_NORM, "layer_norm"), lambda **more: more["x"], inputs).steps,
        same_output=lambda output: True,
        is_right=lambda output: False,
    )
    assert card(case, given[kind]) == ""
    assert not calls


def test_no_trace_under_a_debugger() -> None:
    submission = defined(program(), "layer_norm")
    case = case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs())
    mine = lambda *_: None  # noqa: E731
    before = sys.gettrace()
    sys.settrace(mine)
    try:
        text = card(case, submission)
        assert sys.gettrace() is mine
    finally:
        sys.settrace(before)
    assert text == ""


def test_a_failure_of_the_trace_itself_leaves_the_card() -> None:
    def broken() -> dict[str, Any]:
        raise RuntimeError

    submission = defined(program(), "layer_norm")
    case = case_of(defined(LAYER_NORM, "layer_norm"), submission, norm_inputs())
    assert card(FailedCase(case.run, broken, case.steps, case.same_output, case.is_right), submission) == ""
