"""Right solutions in the styles of students: every check of every week must accept them."""

import functools
import inspect

import pytest
import torch
from jaxtyping import AbstractArray, Float, jaxtyped
from torch import Tensor, nn

from utils.checks.engine.cases import PUBLIC_SEED

from .taught import ANSWER_KEYS, judge, name_of, solution


def in_result(change):
    """Return a style that changes every tensor of the result, but not its numbers."""

    def style(function):
        def dressed(*args, **kwargs):
            return _each(function(*args, **kwargs), change)

        return dressed

    return style


def _each(value, change):
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {key: _each(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_each(item, change) for item in value)
    return value


def as_object(function):
    class Callable:
        def __call__(self, *args, **kwargs):
            return function(*args, **kwargs)

    return Callable()


def as_module(function):
    class Module(nn.Module):
        def forward(self, *args, **kwargs):
            return function(*args, **kwargs)

    return Module()


def with_extras(function):
    def dressed(*args, verbose=False, temperature_scale=1.0, **kwargs):
        return function(*args, **kwargs)

    return dressed


def wrapped(function):
    @functools.wraps(function)
    def dressed(*args, **kwargs):
        return function(*args, **kwargs)

    return dressed


def lists_for_tuples(function):
    def dressed(*args, **kwargs):
        result = function(*args, **kwargs)
        several = type(result) is tuple and any(isinstance(item, Tensor) for item in result)
        return list(result) if several else result

    return dressed


def numbers_as_tensors(function):
    def number(value):
        return torch.tensor(value) if isinstance(value, float) else value

    def dressed(*args, **kwargs):
        result = function(*args, **kwargs)
        return tuple(map(number, result)) if type(result) is tuple else number(result)

    return dressed


ENFORCED = {nn.Module, int, str, bool, list, dict, tuple}
"""Classes that a check's fakes must be instances of, too."""


def type_checked(function):
    """jaxtyping's annotations, enforced as beartype would enforce them."""
    hints = function.__annotations__

    def right(name, value):
        hint = hints.get(name)
        enforced = isinstance(hint, type) and (issubclass(hint, AbstractArray) or hint in ENFORCED)
        return not enforced or isinstance(value, hint)

    @functools.wraps(function)
    def checked(*args, **kwargs):
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        assert all(right(name, value) for name, value in given.items())
        result = function(*args, **kwargs)
        assert right("return", result)
        return result

    return jaxtyped(typechecker=None)(checked)


def not_contiguous(tensor):
    return tensor.mT.contiguous().mT if tensor.dim() > 1 else tensor


def requiring_gradients(tensor):
    return nn.Parameter(tensor.detach()) if tensor.is_floating_point() else tensor


FUNCTIONS = {
    "lambda": lambda function: lambda *args, **kwargs: function(*args, **kwargs),
    "partial": functools.partial,
    "staticmethod": staticmethod,
    "an object": as_object,
    "a module": as_module,
    "extra parameters": with_extras,
    "wraps": wrapped,
    "no_grad": lambda function: torch.no_grad()(function),
    "inference_mode": lambda function: torch.inference_mode()(function),
    "lists for tuples": lists_for_tuples,
    "numbers as tensors": numbers_as_tensors,
    "typed": type_checked,
    "not contiguous": in_result(not_contiguous),
    "a view": in_result(lambda tensor: tensor[...]),
    "requiring gradients": in_result(requiring_gradients),
}


def inherited(kind):
    return type(kind.__name__, (kind,), {"extra": lambda self: None})


def with_forward(change):
    """Return a style that wraps the class's forward."""
    return lambda kind: type(kind.__name__, (kind,), {"forward": change(kind.forward)})


CLASSES = {
    "inherited": inherited,
    "a function that makes it": lambda kind: lambda *args, **kwargs: kind(*args, **kwargs),
    "partial": functools.partial,
}

MODULES = CLASSES | {
    "no_grad": with_forward(lambda forward: torch.no_grad()(forward)),
    "typed": with_forward(type_checked),
    "not contiguous": with_forward(in_result(not_contiguous)),
    "a view": with_forward(in_result(lambda tensor: tensor[...])),
}


MUST_LEARN = {"Embed", "PosEmbed", "Unembed", "gradient_norms", "week10_learning", "week11_training"}
"""Checks and weeks that need gradients: under no_grad there are none."""
WITHOUT_GRADIENTS = ("no_grad", "inference_mode")
GIVES_PARAMETERS = {"decay_groups"}
"""Checks that need the parameters themselves: a view or a copy of one is another tensor."""
CUT_OFF = ("requiring gradients",)
GRADIENTS_FLOW_BACK = {"next_token_loss"}
"""Checks that go back through the result: a parameter made of it is cut off from the inputs."""
OTHER_TENSORS = ("not contiguous", "a view", "requiring gradients")


def styles_for(answer_key, right):
    """Return the styles in which this solution stays right."""
    styles = FUNCTIONS if not isinstance(right, type) else MODULES if hasattr(right, "forward") else CLASSES
    learns = {answer_key.check.name, answer_key.check.week} & MUST_LEARN
    dishonest = WITHOUT_GRADIENTS if learns else ()
    dishonest += CUT_OFF if answer_key.check.name in GRADIENTS_FLOW_BACK else ()
    dishonest += OTHER_TENSORS if answer_key.check.name in GIVES_PARAMETERS else ()
    return {name: dress for name, dress in styles.items() if name not in dishonest}


@pytest.mark.parametrize("answer_key", ANSWER_KEYS, ids=name_of)
def test_a_right_solution_may_be_dressed_in_any_style(answer_key):
    right = solution(answer_key)
    styles = styles_for(answer_key, right)
    reports = {
        name: answer_key.check.examine(dress(right), judge(PUBLIC_SEED)) for name, dress in styles.items()
    }
    assert {name: str(report) for name, report in reports.items() if not report.passed} == {}


def test_the_typed_style_really_checks():
    def halved(x: Float[Tensor, "a b"], y: Float[Tensor, "a b"]) -> Float[Tensor, "b a"]:
        return x + y

    with pytest.raises(AssertionError):
        type_checked(halved)(torch.zeros(2, 3), torch.zeros(2, 3))
    with pytest.raises(AssertionError):
        type_checked(halved)(torch.zeros(2, 2), torch.zeros(2))
    assert type_checked(halved)(torch.zeros(2, 2), torch.zeros(2, 2)).shape == (2, 2)
