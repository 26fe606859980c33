"""Compares an output with the expected one and describes the first difference."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from utils.answers.shown import shown_value
from utils.answers.type_advice import COMMA, type_advice
from utils.checks.engine.plain_data import NotPlain
from utils.checks.engine.untrusted import readable


@dataclass(frozen=True)
class Tolerance:
    """The largest difference allowed between a right value and the expected one:
    `absolute + relative · |expected| + of_largest · (the largest |expected| of the tensor)`.
    """

    relative: float
    absolute: float
    reason: str
    """The reason why it is not smaller."""
    of_largest: float = 0.0
    """Needed because a float32 sum is rounded in proportion to its largest summands: where a tensor's numbers
    reach thousands, as in GPT-2's residual stream, its numbers near 0 are no more exact than the others.
    """


STEP = 2.0**-24
"""The largest relative rounding error of float32."""
FLOAT32 = Tolerance(
    1e-4, 1e-5, "float32 holds 7 digits, and a right solution may add in another order", 32 * STEP
)
EXACT = Tolerance(0.0, 0.0, "shapes, ids and counts are whole numbers")


_NAN = "NaN comes from 0/0, inf − inf, inf/inf (e to a large score is inf), a softmax over −inf alone"
_MAX_NAMES = 8  # of missing keys to list
_MISSING = "are the names those of the question, letter for letter?"


@dataclass(frozen=True)
class Difference:
    """The first difference between an output and the expected one."""

    kind: str
    """`nothing`, `type`, `structure`, `shape`, `dtype`, `nan` or `values`."""
    lines: tuple[tuple[str, str], ...]
    """The report's lines on it: label and text. They show numbers, so only for public cases."""
    advice: str = ""
    """Where to look if no known mistake explains it."""


def difference(expected: Any, got: Any, tolerance: Tolerance, part: str = "") -> Difference | None:
    """Returns the first difference, or None if both are equal within the tolerance.

    `part` is the path inside the output, which the report shows: `q`, `blocks.ln_1`, `[2]`.
    """
    prefix = (("output", part),) if part else ()
    if got is None and expected is not None:
        return Difference("nothing", (*prefix, ("value", "None")), "does every path end in `return`?")
    if isinstance(expected, Tensor):
        return _tensor_difference(expected, got, tolerance, prefix)
    if isinstance(expected, dict):
        return _dict_difference(expected, got, tolerance, part)
    if isinstance(expected, list | tuple):
        return _list_difference(expected, got, tolerance, part)
    return _scalar_difference(expected, got, tolerance, prefix)


def same(expected: Any, got: Any, tolerance: Tolerance) -> bool:
    """Returns True if the two are equal within the tolerance."""
    return difference(expected, got, tolerance) is None


def _wrong_type(asked: str, expected: Any, got: Any, prefix: tuple) -> Difference:
    line = ("type", f"expected {asked}, got {type_name(got)}")
    return Difference("type", (*prefix, line), type_advice(expected, got))


def type_name(value: Any) -> str:
    """Returns a short description of a value's type: `a tensor of shape (2, 3)`, `a list`."""
    if isinstance(value, NotPlain):
        return readable(value.type_name)  # a class of the student's may have any name
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return "None" if value is None else f"a {type(value).__name__}"


def _tensor_difference(expected: Tensor, got: Any, tolerance: Tolerance, prefix: tuple) -> Difference | None:
    if not isinstance(got, Tensor):
        return _wrong_type("a tensor", expected, got, prefix)
    # Before the values: their comparison would broadcast one shape to the other.
    if expected.shape != got.shape:
        text = f"expected {tuple(expected.shape)}, got {tuple(got.shape)}"
        return Difference("shape", (*prefix, ("shape", text)), _shape_advice(expected, got))
    shape_line = ("shape", f"{tuple(got.shape)}  as expected")
    if expected.dtype != got.dtype:
        text = f"expected {_dtype(expected)}, got {_dtype(got)}"
        return Difference("dtype", (*prefix, shape_line, ("dtype", text)), _dtype_advice(expected))
    return _value_difference(expected, got, tolerance, (*prefix, shape_line))


def _shape_advice(expected: Tensor, got: Tensor) -> str:
    if sorted(expected.shape) == sorted(got.shape):
        return "the right axes in another order"
    if got.dim() < expected.dim():
        return "an axis is missing: was it summed, indexed away or squeezed?"
    if got.dim() > expected.dim():
        return "there is an axis too many: which one should have been summed or indexed?"
    return "which axis has the wrong size, and where does it come from?"


def _dtype_advice(expected: Tensor) -> str:
    if expected.dtype is torch.bool:
        return "True or False is asked for in each place: what is compared with what?"
    if not (expected.is_floating_point() or expected.is_complex()):
        return "whole numbers are asked for (ids, places or counts): where do they become something else?"
    return "where does the dtype change? The result has the inputs' dtype"


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _value_difference(expected: Tensor, got: Tensor, tolerance: Tolerance, lines: tuple) -> Difference | None:
    wide = torch.complex128 if expected.is_complex() else torch.float64
    finite = expected[expected.isfinite()].to(wide).abs()
    largest = finite.max().item() if tolerance.of_largest and finite.numel() else 0.0
    close = torch.isclose(
        got.to(wide),
        expected.to(wide),
        rtol=tolerance.relative,
        atol=tolerance.absolute + tolerance.of_largest * largest,
        equal_nan=True,
    )
    if close.all():
        return None
    nan = got.isnan() & ~expected.isnan()
    where = (nan if nan.any() else ~close).nonzero()
    first = tuple(where[0].tolist())
    at = f"{list(first)}: expected {_number(expected[first])}, got {_number(got[first])}"
    if nan.any():
        text = f"{len(where)} of {nan.numel()} are NaN, not a number; first at {at}"
        return Difference("nan", (*lines, ("values", text)), _NAN)
    return Difference(
        "values", (*lines, ("values", f"{len(where)} of {close.numel()} differ; first at {at}"))
    )


def _number(value: Tensor) -> str:
    item = value.item()
    return f"{item:.4g}" if isinstance(item, float) else str(item)


def _dict_difference(expected: dict, got: Any, tolerance: Tolerance, part: str) -> Difference | None:
    prefix = (("output", part),) if part else ()
    if not isinstance(got, dict):
        return _wrong_type("a dict", expected, got, prefix)
    missing = [key for key in expected if key not in got]
    if missing:
        return Difference("structure", (*prefix, ("missing", _names(missing))), _MISSING)
    for key, value in expected.items():
        found = difference(value, got[key], tolerance, _path(part, f".{key}") if part else key)
        if found:
            return found
    return None


def _path(part: str, inner: str) -> str:
    """Returns the path of an inner part: `blocks.ln_1`, `[2]`; after a name in words `after step 1: [0]`."""
    in_words = " " in part and ": " not in part
    return f"{part}: {inner.removeprefix('.')}" if in_words else part + inner


def _names(names: list[str]) -> str:
    more = f" … and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def _list_difference(expected: Any, got: Any, tolerance: Tolerance, part: str) -> Difference | None:
    prefix = (("output", part),) if part else ()
    kind = "list" if isinstance(expected, list) else "tuple"
    if not isinstance(got, list | tuple):
        return _wrong_type(f"a {kind} of {len(expected)}", expected, got, prefix)
    if len(expected) != len(got):
        length = ("length", f"expected {len(expected)}, got {len(got)}")
        lines = (*prefix, length, *_first_different_entry(expected, got, tolerance))
        return Difference("structure", lines, _length_advice(got))
    for position, (one, other) in enumerate(zip(expected, got, strict=True)):
        found = difference(one, other, tolerance, _path(part, f"[{position}]"))
        if found:
            return found
    return None


def _length_advice(got: Any) -> str:
    if isinstance(got, tuple) and len(got) == 1 and isinstance(got[0], list | tuple):
        return COMMA
    return "which entry is missing or too many? Try it on an input small enough to do by hand"


def _first_different_entry(expected: Any, got: Any, tolerance: Tolerance) -> tuple[tuple[str, str], ...]:
    """Returns a line on the first entry in which two lists of different lengths differ.

    The lengths alone do not show which entry is missing or extra. For lists that do not hold numbers or
    strings there is no line.
    """
    for position in range(max(len(expected), len(got))):
        one, other = expected[position : position + 1], got[position : position + 1]
        if not all(isinstance(item, str | int | float) for item in (*one, *other)):
            return ()
        if not one or not other or difference(one[0], other[0], tolerance):
            shown = (shown_value(rest[0]) if rest else "nothing more" for rest in (one, other))
            return (("first differs", "[{}]: expected {}, got {}".format(position, *shown)),)
    return ()


def _scalar_difference(expected: Any, got: Any, tolerance: Tolerance, prefix: tuple) -> Difference | None:
    if isinstance(got, Tensor) and got.numel() == 1 and not isinstance(expected, str):
        got = got.item()  # a tensor of one number is accepted as a number
    name, has_type = _SCALARS[_scalar_type(expected)]
    if not has_type(got):
        return _wrong_type(name, expected, got, prefix)
    right = _close(expected, got, tolerance) if name == _A_NUMBER else got == expected
    if right:
        return None
    line = ("value", f"expected {shown_value(expected)}, got {shown_value(got)}")
    if got != got:
        return Difference("nan", (*prefix, line), _NAN)
    return Difference("values", (*prefix, line))


_A_NUMBER = "a number"
_SCALARS: dict[type, tuple[str, Callable[[Any], bool]]] = {
    type(None): ("None", lambda got: got is None),
    bool: ("True or False", lambda got: isinstance(got, bool)),
    str: ("a string", lambda got: isinstance(got, str)),
    float: (_A_NUMBER, lambda got: isinstance(got, int | float) and not isinstance(got, bool)),
}
"""For each expected type its name in the report, and a test of whether a value has it."""


def _scalar_type(expected: Any) -> type:
    return next(kind for kind in _SCALARS if isinstance(expected, kind) or kind is float)


def _close(expected: float, got: float, tolerance: Tolerance) -> bool:
    """Returns True if two numbers are equal within the tolerance. inf and NaN equal only themselves."""
    if got == expected or (got != got and expected != expected):
        return True
    try:
        return abs(got - expected) <= tolerance.absolute + tolerance.relative * abs(expected) < float("inf")
    except OverflowError:  # an int too large for a float
        return False
