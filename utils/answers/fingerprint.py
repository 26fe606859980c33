"""Fingerprints: short texts by which a student's result is compared with that of a known mistake.

A fingerprint holds a digest of everything that must be equal (types, shapes, dtypes, keys, whole numbers,
the places of NaN and of infinities) and two random projections of all floating-point numbers. Those of known
mistakes are computed when the course is built, so that students receive no program that makes a mistake.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from utils.answers.compare import Tolerance
from utils.checks.engine.plain_data import NotPlain
from utils.checks.engine.student_error import StudentError

_PROJECTIONS = 2
_DIGITS = 8
_MAX_NUMBERS = 2**24
"""The largest number of floating-point numbers that is worth comparing: 0.4 GB of weights."""
_MAX_LINES = 2**18
"""The largest number of strings, numbers, keys and tensors in lists and dicts that is worth comparing."""
_SPREAD = 2.0
"""The projection of independent errors of at most `e[i]` has a standard deviation of at most 0.58 · ‖e‖,
since the weights are uniform on [-1, 1]. So rounding reaches 2 · ‖e‖ once in two thousand times at most.
"""
_ROUNDING = 1e-5
"""Relative: fingerprints are stored with six digits."""


@dataclass(frozen=True)
class Fingerprint:
    """The fingerprint of a value: its digest, and the projections of its floating-point numbers."""

    digest: str
    projections: tuple[float, ...] = ()
    slack: float = 0.0
    """The largest distance of two projections that rounding explains."""

    def __str__(self) -> str:
        return " ".join([self.digest, *(f"{each:.6g}" for each in self.projections)])

    def agrees_with(self, stored: str) -> bool:
        """Returns True if the text is a fingerprint of the same value, within this one's slack."""
        return self.distance_from(stored) <= 1

    def distance_from(self, stored: str) -> float:
        """Returns how far the value is from that of a stored fingerprint: 0 if they are the same, up to 1 if
        rounding explains the difference, and infinity if something is different that must be equal.
        """
        digest, *numbers = stored.split()
        if digest != self.digest or len(numbers) != len(self.projections):
            return math.inf
        pairs = zip(self.projections, map(float, numbers), strict=True)
        return max((_distance(one, other, self.slack) for one, other in pairs), default=0.0)


def _distance(one: float, stored: float, slack: float) -> float:
    """Returns the difference beyond what storing six digits explains, as a share of the slack."""
    difference = max(0.0, abs(one - stored) - _ROUNDING * abs(stored))
    if not difference:
        return 0.0
    return difference / slack if slack else math.inf


def of_error(error: StudentError) -> Fingerprint:
    """Returns the fingerprint of an error's kind."""
    return Fingerprint("!" + _digest(repr(error.kind)))


def of_value(value: Any, tolerance: Tolerance) -> Fingerprint | None:
    """Returns the fingerprint of plain data, or None if it is too large or holds an unusual tensor."""
    numbers: list[np.ndarray] = []
    try:
        lines = list(islice(_described(value, numbers), _MAX_LINES + 1))
        if len(lines) > _MAX_LINES or sum(map(len, numbers)) > _MAX_NUMBERS:
            return None
        digest = _digest("\n".join(lines))
    except (RuntimeError, TypeError, NotImplementedError, RecursionError):  # sparse, quantised, cyclic, meta
        return None
    if not any(map(len, numbers)):
        return Fingerprint(digest)
    together = np.concatenate(numbers)
    errors = np.concatenate([_errors(each, tolerance) for each in numbers])
    with np.errstate(over="ignore", invalid="ignore"):
        projections = tuple(float(weights @ together) for weights in _weights(len(together)))
        slack = _SPREAD * float(np.linalg.norm(errors)) + _ROUNDING * float(np.linalg.norm(together))
    return Fingerprint(digest, projections, slack) if np.isfinite([*projections, slack]).all() else None


def stored_form(value: Any) -> Any:
    """Returns a mistake's result in the form whose fingerprint is kept: a tensor without axes as a number,
    which the results of students who return either form agree with.
    """
    if isinstance(value, Tensor):
        return value.item() if value.dim() == 0 and value.device.type == "cpu" else value
    if isinstance(value, dict):
        return {key: stored_form(each) for key, each in value.items()}
    return [stored_form(each) for each in value] if isinstance(value, list | tuple) else value


def alternatives(value: Any) -> Iterator[Any]:
    """Yields the value, and forms of it that the comparison takes for equal where a number is asked for:
    a tensor of one number as a number, a whole number as a float, and the other way round.
    """
    yield value
    yield stored_form(value)
    for number in (lambda each: each, float, _whole):
        yield _with_numbers(value, number)


def _with_numbers(value: Any, number: Callable[[Any], Any]) -> Any:
    if isinstance(value, Tensor) and value.numel() == 1 and value.device.type == "cpu":
        value = value.item()
    if isinstance(value, dict):
        return {key: _with_numbers(each, number) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_numbers(each, number) for each in value]
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _whole(value: float) -> float:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def device_digest(device: str) -> str:
    """Returns the digest of what went wrong on another device."""
    return "@" + _digest(device)


def _described(value: Any, numbers: list[np.ndarray]) -> Iterator[str]:
    """Yields what must be equal in two values; appends their floating-point numbers to `numbers`."""
    if isinstance(value, Tensor):
        yield from _described_tensor(value.detach(), numbers)
    elif isinstance(value, dict):
        yield f"dict {len(value)}"
        for key in sorted(value, key=str):
            yield f"key {key!r}"
            yield from _described(value[key], numbers)
    elif isinstance(value, list | tuple):  # the comparison takes the two for equal
        yield f"list {len(value)}"
        for each in value:
            yield from _described(each, numbers)
    elif isinstance(value, float):
        yield f"float {_special(value)}"
        numbers.append(np.array([value if np.isfinite(value) else 0.0]))
    elif isinstance(value, NotPlain):
        yield f"object {value.type_name}"
    else:
        yield f"{type(value).__name__} {value!r}"


def _described_tensor(tensor: Tensor, numbers: list[np.ndarray]) -> Iterator[str]:
    if tensor.is_quantized or tensor.layout is not torch.strided:
        raise TypeError("only dense tensors of plain numbers have a fingerprint")
    yield f"tensor {tensor.dtype} {tuple(tensor.shape)}"
    if not (tensor.is_floating_point() or tensor.is_complex()):
        yield _digest(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        return
    wide = torch.view_as_real(tensor.to(torch.complex128)) if tensor.is_complex() else tensor.double()
    flat = wide.cpu().flatten().numpy()
    finite = np.isfinite(flat)
    if not finite.all():
        special = np.where(np.isnan(flat), 1, np.where(flat > 0, 2, 3))
        yield _digest(np.where(finite, 0, special).astype("i1").tobytes())
    numbers.append(np.where(finite, flat, 0.0))


def _special(value: float) -> str:
    return "" if np.isfinite(value) else repr(value)


def _errors(numbers: np.ndarray, tolerance: Tolerance) -> np.ndarray:
    """Returns the largest error that the tolerance allows in each number of one tensor."""
    sizes = np.abs(numbers)
    largest = sizes.max(initial=0.0)
    return tolerance.absolute + tolerance.relative * sizes + tolerance.of_largest * largest


@lru_cache(maxsize=8)
def _weights(count: int) -> tuple[np.ndarray, ...]:
    """Returns the projections' weights, uniform on [-1, 1]; RandomState's numbers never change."""
    return tuple(np.random.RandomState(seed).uniform(-1, 1, count) for seed in range(_PROJECTIONS))


def _digest(text: str | bytes) -> str:
    content = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
