"""Small exercises: an official solution and a student's code, traced on one case."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import torch
from einops import einsum
from torch import nn

from grader.build.steps import record_steps, register_cell
from utils.checks.engine.report import Report
from utils.checks.trace.card import with_trace
from utils.checks.trace.explain import FailedCase, Trace, trace
from utils.checks.trace.steps import CaseSteps


def defined(code: str, name: str, **more: Any) -> Any:
    """Run a cell and return what it defines."""
    namespace = {"math": math, "torch": torch, "nn": nn, "einsum": einsum, **more}
    exec(compile(code, register_cell(code), "exec"), namespace)
    return namespace[name]


def call(submission: Any, **inputs: Any) -> Any:
    return submission(**inputs)


def case_of(
    official: Any, submission: Any, inputs: dict[str, Any], run: Callable[..., Any] = call, label: str = ""
) -> FailedCase:
    """Return the case on which a student's code is wrong."""
    steps = record_steps(run, official, inputs)
    assert steps is not None
    with warnings.catch_warnings(action="ignore"):
        expected, given = run(official, **copies(inputs)), run(submission, **copies(inputs))
    return FailedCase(
        run=run,
        inputs=lambda: copies(inputs),
        steps=CaseSteps.from_plain(steps.to_plain()),
        same_output=lambda output: same(output, given),
        is_right=lambda output: same(output, expected),
        label=label,
    )


def traced(official: str, wrong: str, name: str, inputs: dict[str, Any], **more: Any) -> Trace | None:
    """Return the trace of a wrong program beside the official one."""
    submission = defined(wrong, name)
    return trace(case_of(defined(official, name), submission, inputs, **more), submission)


def blamed(found: Trace | None) -> str:
    """Return the blamed line, or "" if there is none."""
    return found.location.statement.text if found and found.location else ""


def card(case: FailedCase, submission: Any) -> str:
    """Return the lines that the trace adds to a card."""
    report = Report("week", "exercise", False, 1, 1, "differs", (("case", case.label),))
    return "\n".join(str(with_trace(report, case, submission)).split("\n")[2:])


def copies(inputs: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in inputs.items()
    }


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return one.shape == other.shape and torch.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return not isinstance(one, torch.Tensor) and not isinstance(other, torch.Tensor) and one == other
