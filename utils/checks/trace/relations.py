"""The relation of a student's value to a step of GPT-2's: equal, or wrong in a known way."""

import ast
import itertools
from dataclasses import dataclass

import numpy as np

from utils.checks.trace.steps import StepValue, digest, ordered_sample, places
from utils.checks.trace.values import Value

RELATIVE, OF_LARGEST = 1e-4, 1e-5
"""Two right values may differ by what float32 rounds: up to 128 · 2^-24 of the tensor's largest number (see
`tests/nearness.py`), or 8e-6; steps are stored with six digits. A constant that is 1 % off differs by far
more.
"""
_MAX_AXES = 5


@dataclass(frozen=True)
class Relation:
    """How a value is related to a step's."""

    kind: str
    """`equal`, `reshaped`, `reordered`, `factor`, `mask`, `ends` …"""
    text: str
    """As a card says it."""
    factor: float = 1.0

    @property
    def is_right(self) -> bool:
        """True if the value holds the step's numbers in the step's order."""
        return self.kind in ("equal", "reshaped", "choice")


EQUAL = Relation("equal", "as in GPT-2")
RESHAPED = Relation("reshaped", "as in GPT-2, in another shape")
SAME_CHOICE = Relation("choice", "chooses the same entries as in GPT-2")
"""Two masks: one may hold True where the other holds False, or 0 and -inf instead of them."""


def close(one: np.ndarray, other: np.ndarray) -> bool:
    """Returns True if two arrays of one shape are equal but for rounding; NaN equals NaN."""
    finite = np.isfinite(other)
    if not np.array_equal(finite, np.isfinite(one)):
        return False
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return False
    one, other = one[finite], other[finite]
    largest = np.abs(other).max(initial=0.0)
    return bool((np.abs(one - other) <= RELATIVE * np.abs(other) + OF_LARGEST * largest + 1e-12).all())


def equality(value: Value, step: StepValue) -> Relation | None:
    """Returns how a value is equal to a step's, whatever its shape; None if it is not."""
    if step.digest or value.text:
        if value.text and step.digest:
            return EQUAL if digest(value.text) == step.digest else None
        return _list_and_tensor(value, step)
    array = value.array
    if array is None or array.size != step.size or step.is_tensor != value.is_tensor:
        return None
    if step.whole is None:
        assert step.sample is not None
        sample = array.ravel()[places(array.size, len(step.sample))]
        same = close(sample, step.sample) and close(ordered_sample(array, len(step.sample)), step.ordered)  # type: ignore[arg-type]
    else:
        same = close(array.ravel(), step.whole.ravel())
    if same:
        return EQUAL if array.shape == step.shape else RESHAPED
    if step.whole is not None and array.size > 1 and _same_choice(array, step.whole):
        return SAME_CHOICE
    return None


def relation(value: Value, step: StepValue) -> Relation | None:
    """Returns the simplest relation of a value to a step's, None if there is none that is recognised."""
    same = equality(value, step)
    if same:
        return same
    if value.text and step.text:
        return _of_sequences(ast.literal_eval(value.text), step.literal)
    array, whole = value.array, step.whole
    if array is None or step.digest or value.text:
        return None
    if array.size != step.size or step.is_tensor != value.is_tensor:
        return None if whole is None else _with_cut_axis(array, whole)
    if whole is None:
        return _of_samples(array, step)
    if array.size == 1:
        return _of_numbers(array, whole)
    return None if np.ptp(np.nan_to_num(whole)) == 0 else _of_arrays(array, whole)


def _same_choice(array: np.ndarray, whole: np.ndarray) -> bool:
    """Returns True if both have two different numbers, one in the same places."""
    if np.isnan(array).any() or np.isnan(whole).any():
        return False
    mine, theirs = array.ravel() == array.max(), whole.ravel() == whole.max()
    for values, largest in ((array.ravel(), mine), (whole.ravel(), theirs)):
        if largest.all() or (values[~largest] != values.min()).any():
            return False
    return bool((mine == theirs).all() or (mine != theirs).all())


def _list_and_tensor(value: Value, step: StepValue) -> Relation | None:
    """Compares a list of numbers with a tensor."""
    array = value.array
    other = step.whole
    if step.text and other is None:
        try:
            other = np.asarray(step.literal, dtype=np.float64)
        except (ValueError, TypeError):
            return None
    same = array is not None and other is not None and array.size == other.size
    return RESHAPED if same and array.size > 1 and close(array.ravel(), other.ravel()) else None  # type: ignore[union-attr]


def _of_sequences(value: object, step: object) -> Relation | None:
    kinds = (list, tuple, str)
    if isinstance(value, list | tuple) and isinstance(step, list | tuple):
        value, step = list(value), list(step)
    if not isinstance(value, kinds) or not isinstance(step, kinds) or type(value) is not type(step):
        return None
    if value == step:
        return EQUAL
    if not value or not step or min(len(value), len(step)) < 2:
        return None
    if value == step[::-1]:
        return Relation("reversed", "GPT-2's, the other way round")
    if sorted(map(repr, value)) == sorted(map(repr, step)):
        return Relation("reordered", "GPT-2's, in another order")
    for longer, shorter, words in ((step, value, "without its"), (value, step, "with one more at its")):
        if len(longer) == len(shorter) + 1:
            for rest, end in ((longer[1:], "first entry"), (longer[:-1], "last entry")):
                if rest == shorter:
                    end = (
                        end
                        if longer is step
                        else end.replace("first entry", "start").replace("last entry", "end")
                    )
                    return Relation("ends", f"GPT-2's, {words} {end}")
    return None


def _of_samples(array: np.ndarray, step: StepValue) -> Relation | None:
    assert step.sample is not None and step.ordered is not None
    if close(ordered_sample(array, len(step.ordered)), step.ordered):
        return Relation("reordered", "GPT-2's numbers, in another order")
    return _factor(array.ravel()[places(array.size, len(step.sample))], step.sample)


def _of_numbers(array: np.ndarray, whole: np.ndarray) -> Relation | None:
    one, other = array.item(), whole.item()
    if other and one and np.isfinite(one) and np.isfinite(other):
        whole_numbers = one == round(one) and other == round(other)
        if whole_numbers:
            return Relation("number", f"{one:.0f}; GPT-2's is {other:.0f}")
        return Relation("factor", _times(one / other), one / other)
    return None


def _of_arrays(array: np.ndarray, whole: np.ndarray) -> Relation | None:
    found = _permuted(array, whole) or _factor(array.ravel(), whole.ravel())
    if found:
        return found
    if array.shape != whole.shape:
        return None
    return _where(array, whole) or _shifted(array, whole) or _offset(array, whole)


def _permuted(array: np.ndarray, whole: np.ndarray) -> Relation | None:
    """Finds another order of the axes, of the entries along one axis, or of all numbers."""
    if not close(np.sort(array, axis=None), np.sort(whole, axis=None)):
        return None
    if array.ndim == whole.ndim <= _MAX_AXES:
        for axes in itertools.permutations(range(array.ndim)):
            moved = array.transpose(axes)
            if moved.shape == whole.shape and close(moved, whole):
                return Relation("transposed", _swap_text(axes))
        if array.shape == whole.shape:
            for axis in range(array.ndim):
                if close(np.flip(array, axis), whole):
                    return Relation("reversed", f"GPT-2's, reversed along axis {axis - array.ndim}")
                for by in (1, -1):
                    if close(np.roll(array, by, axis), whole):
                        return Relation("rolled", f"GPT-2's, shifted by one along axis {axis - array.ndim}")
    return Relation("reordered", "GPT-2's numbers, in another order")


def _swap_text(axes: tuple[int, ...]) -> str:
    moved = [place for place, axis in enumerate(axes) if place != axis]
    if len(moved) == 2:
        one, other = (place - len(axes) for place in moved)
        return f"GPT-2's, with axes {one} and {other} swapped"
    return "GPT-2's, with its axes in another order"


def _factor(one: np.ndarray, other: np.ndarray) -> Relation | None:
    """Finds a constant factor. Infinite entries must be the same."""
    finite = np.isfinite(other)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True) or not np.isfinite(one[finite]).all():
        return None
    one, other = one[finite], other[finite]
    square = float(other @ other)
    if square == 0 or np.unique(other.round(9)).size < 3:
        return None
    factor = float(one @ other) / square
    if abs(factor) < 1e-9 or not close(one / factor, other):
        return None
    return Relation("factor", _times(factor), factor)


def _times(factor: float) -> str:
    if abs(factor + 1) < 1e-4:
        return "GPT-2's with the opposite sign"
    return f"{factor:.3g} times GPT-2's"


def _where(array: np.ndarray, whole: np.ndarray) -> Relation | None:
    """Finds the entries in which two arrays differ: masked ones, or the last position of an axis."""
    same = np.isclose(array, whole, rtol=RELATIVE, atol=1e-6, equal_nan=True)
    differing = np.asarray(~same)
    share = differing.mean()
    if share == 0 or share > 0.6:
        return None
    for mask, words in ((~np.isfinite(whole), "hidden"), (whole == 0, "zero")):
        if mask.any() and not mask.all() and np.array_equal(differing & mask, differing):
            return Relation("mask", f"as in GPT-2, except entries that are {words} in GPT-2")
    hidden = ~np.isfinite(array) & np.isfinite(whole)
    if hidden.any() and np.array_equal(differing, hidden):
        return Relation("mask", "as in GPT-2, except entries that you hide and GPT-2 does not")
    return _at_an_end(differing)


def _at_an_end(differing: np.ndarray) -> Relation | None:
    for axis, size in enumerate(differing.shape):
        others = tuple(each for each in range(differing.ndim) if each != axis)
        along = np.asarray(differing.any(axis=others))
        if size > 1 and along.sum() == 1 and (along[0] or along[-1]):
            which = "last" if along[-1] else "first"
            name = f"along axis {axis - differing.ndim}" if differing.ndim > 1 else ""
            return Relation("ends", f"as in GPT-2, except the {which} position {name}".rstrip())
    return None


def _shifted(array: np.ndarray, whole: np.ndarray) -> Relation | None:
    for axis, size in enumerate(array.shape):
        if size < 3:
            continue
        one, other = np.moveaxis(array, axis, 0), np.moveaxis(whole, axis, 0)
        if close(one[1:], other[:-1]) or close(one[:-1], other[1:]):
            return Relation("shifted", f"GPT-2's, shifted by one along axis {axis - array.ndim}")
    return None


def _offset(array: np.ndarray, whole: np.ndarray) -> Relation | None:
    if not (np.isfinite(array).all() and np.isfinite(whole).all()):
        return None
    difference = array - whole
    if np.ptp(difference) > 1e-4 * max(1.0, np.abs(whole).max()):
        return None
    return Relation("offset", f"GPT-2's plus {difference.mean():.3g}")


def _with_cut_axis(array: np.ndarray, whole: np.ndarray) -> Relation | None:
    """Finds a sum over one axis too many, and one entry too few or too many at an end of an axis."""
    if array.ndim == whole.ndim - 1 and array.size > 1:
        for axis in range(whole.ndim):
            if whole.shape[axis] > 1 and np.delete(whole.shape, axis).tolist() == list(array.shape):
                for name, reduced in (("summed", whole.sum(axis)), ("averaged", whole.mean(axis))):
                    if close(array, reduced):
                        return Relation("reduced", f"GPT-2's, {name} over axis {axis - whole.ndim}")
    if array.ndim != whole.ndim or min(array.size, whole.size) < 3:
        return None
    for axis in range(whole.ndim):
        by = array.shape[axis] - whole.shape[axis]
        same = np.delete(array.shape, axis).tolist() == np.delete(whole.shape, axis).tolist()
        if not same or abs(by) != 1:
            continue
        longer, shorter = (array, whole) if by == 1 else (whole, array)
        longer, shorter = np.moveaxis(longer, axis, 0), np.moveaxis(shorter, axis, 0)
        for rest, end in ((longer[1:], "first"), (longer[:-1], "last")):
            if close(rest, shorter):
                words = "one position more" if by == 1 else "one position less"
                return Relation("ends", f"GPT-2's, with {words} along axis {axis - whole.ndim} ({end})")
    return None


def has_information(value: Value) -> bool:
    """Returns True if a value can hardly equal another by chance: it has several different numbers."""
    if value.text:
        return len(value.text) >= 8
    array = value.array
    if array is None:
        return False
    if array.size == 1:
        return False
    return array.size >= 9 or np.unique(array).size >= 3


def is_rich(value: Value) -> bool:
    """Returns True if a value also says that what it was computed from is right: it is no mask, no index."""
    if value.text:
        return len(value.text) >= 12
    array = value.array
    if array is None or array.size < 3:
        return False
    finite = array[np.isfinite(array)]
    return np.unique(finite).size >= 3 and bool((finite != finite.round()).any())
