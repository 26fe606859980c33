"""Compares an output with the expected one and says in words where they part."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from utils.checks.plain import NotPlain
from utils.checks.received import readable


@dataclass(frozen=True)
class Tolerance:
    """How far a right value may be from the expected one: `absolute + relative · |expected|`."""

    relative: float
    absolute: float
    reason: str
    """Why it is not smaller."""


FLOAT32 = Tolerance(1e-4, 1e-5, "float32 holds 7 digits, and a right solution may add in another order")
EXACT = Tolerance(0.0, 0.0, "shapes, ids and counts are whole numbers")


@dataclass(frozen=True)
class Difference:
    """Where an output parts from the expected one."""

    kind: str
    """`nothing`, `type`, `structure`, `shape`, `dtype`, `nan` or `values`."""
    lines: tuple[tuple[str, str], ...]
    """The report's lines on it, with numbers that a student may see in their own notebook."""
    advice: str = ""
    """What to look at when no known mistake explains it."""


def difference(expected: Any, got: Any, tolerance: Tolerance, part: str = "") -> Difference | None:
    """The first difference, or None when both are the same within the tolerance; `part` names the output."""
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
    """Whether the two are the same within the tolerance."""
    return difference(expected, got, tolerance) is None


def _wrong_type(expected: str, got: Any, prefix: tuple) -> Difference:
    return Difference("type", (*prefix, ("type", f"expected {expected}, got {type_name(got)}")))


def type_name(value: Any) -> str:
    """What a value is, in a word or two."""
    if isinstance(value, NotPlain):
        return readable(value.type_name)  # a class of the student's may have any name
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return "None" if value is None else f"a {type(value).__name__}"


def _tensor_difference(expected: Tensor, got: Any, tolerance: Tolerance, prefix: tuple) -> Difference | None:
    if not isinstance(got, Tensor):
        return _wrong_type("a tensor", got, prefix)
    # The shape comes first: a comparison that broadcasts would be blind.
    if expected.shape != got.shape:
        text = f"expected {tuple(expected.shape)}, got {tuple(got.shape)}"
        return Difference("shape", (*prefix, ("shape", text)), _shape_advice(expected, got))
    shape_line = ("shape", f"{tuple(got.shape)}  as expected")
    if expected.dtype != got.dtype:
        text = f"expected {_dtype(expected)}, got {_dtype(got)}"
        advice = "where does the dtype change? The result has the inputs' dtype"
        return Difference("dtype", (*prefix, shape_line, ("dtype", text)), advice)
    return _value_difference(expected, got, tolerance, (*prefix, shape_line))


def _shape_advice(expected: Tensor, got: Tensor) -> str:
    if sorted(expected.shape) == sorted(got.shape):
        return "the right axes in another order"
    if got.dim() < expected.dim():
        return "an axis is missing: was it summed, indexed away or squeezed?"
    if got.dim() > expected.dim():
        return "there is an axis too many: which one should have been summed or indexed?"
    return "which axis has the wrong size, and where does it come from?"


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _value_difference(expected: Tensor, got: Tensor, tolerance: Tolerance, lines: tuple) -> Difference | None:
    wide = torch.complex128 if expected.is_complex() else torch.float64
    close = torch.isclose(
        got.to(wide), expected.to(wide), rtol=tolerance.relative, atol=tolerance.absolute, equal_nan=True
    )
    if close.all():
        return None
    nan = got.isnan() & ~expected.isnan()
    where = (nan if nan.any() else ~close).nonzero()
    first = tuple(where[0].tolist())
    at = f"{list(first)}: expected {_number(expected[first])}, got {_number(got[first])}"
    if nan.any():
        text = f"{len(where)} of {nan.numel()} are NaN, not a number; first at {at}"
        advice = "NaN comes of 0/0, inf − inf, inf/inf (e to a large score is inf), a softmax over −inf alone"
        return Difference("nan", (*lines, ("values", text)), advice)
    return Difference(
        "values", (*lines, ("values", f"{len(where)} of {close.numel()} differ; first at {at}"))
    )


def _number(value: Tensor) -> str:
    item = value.item()
    return f"{item:.4g}" if isinstance(item, float) else str(item)


def _dict_difference(expected: dict, got: Any, tolerance: Tolerance, part: str) -> Difference | None:
    prefix = (("output", part),) if part else ()
    if not isinstance(got, dict):
        return _wrong_type("a dict", got, prefix)
    missing = [key for key in expected if key not in got]
    if missing:
        return Difference("structure", (*prefix, ("missing", ", ".join(missing))))
    for key, value in expected.items():
        found = difference(value, got[key], tolerance, f"{part}.{key}" if part else key)
        if found:
            return found
    return None


def _list_difference(expected: Any, got: Any, tolerance: Tolerance, part: str) -> Difference | None:
    prefix = (("output", part),) if part else ()
    kind = "list" if isinstance(expected, list) else "tuple"
    if not isinstance(got, list | tuple):
        return _wrong_type(f"a {kind} of {len(expected)}", got, prefix)
    if len(expected) != len(got):
        length = ("length", f"expected {len(expected)}, got {len(got)}")
        return Difference("structure", (*prefix, length, *_where_they_part(expected, got, tolerance)))
    for position, (one, other) in enumerate(zip(expected, got, strict=True)):
        found = difference(one, other, tolerance, f"{part}[{position}]")
        if found:
            return found
    return None


def _where_they_part(expected: Any, got: Any, tolerance: Tolerance) -> tuple[tuple[str, str], ...]:
    """The first place at which lists of different lengths part, if they hold numbers or strings: the length
    alone does not say which entry is missing or too many.
    """
    for position in range(max(len(expected), len(got))):
        one, other = expected[position : position + 1], got[position : position + 1]
        if not all(isinstance(item, str | int | float) for item in (*one, *other)):
            return ()
        if not one or not other or difference(one[0], other[0], tolerance):
            shown = (_show(rest[0]) if rest else "nothing more" for rest in (one, other))
            return (("parts at", "[{}]: expected {}, got {}".format(position, *shown)),)
    return ()


def _scalar_difference(expected: Any, got: Any, tolerance: Tolerance, prefix: tuple) -> Difference | None:
    if isinstance(got, Tensor) and got.numel() == 1 and not isinstance(expected, str):
        got = got.item()  # a tensor that holds one number will do for a number
    if isinstance(expected, str | bool) or expected is None:
        right = type(got) is type(expected) and got == expected
    elif isinstance(got, int | float) and not isinstance(got, bool):
        # A number that is not finite equals only itself.
        allowed = tolerance.absolute + tolerance.relative * abs(expected)
        right = got == expected or abs(got - expected) <= allowed < float("inf")
        right = right or (got != got and expected != expected)
    else:
        return _wrong_type("a number", got, prefix)
    if right:
        return None
    return Difference("values", (*prefix, ("value", f"expected {_show(expected)}, got {_show(got)}")))


def _show(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)[:120]
