"""The kinds of cases, by which hidden cases are compared with the public ones."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from utils.checks.engine.cases import Case

Kind = tuple[Any, ...]

IDS = {"end_of_text", "head", "layer", "minus", "plus", "position", "seed", "start", "stop_token"}
"""Arguments that are an index or an id: 0 is special, 1 is a number like others."""

DRAWN_WORDS = {
    "encode_word": r"^.*(?= with )",
    "layer_norm_backward": r"(?<='s )\S*ln_[^\s,]+",
    "load_from_file": r"transformer\S+",
    "merge_pair": r".*",
    "project_heads": r"W_[QKV]",
    "Scalar": r"; a, b, c = .*",
}
"""By the check's name: words of its labels that are drawn from the seed, as sizes are."""


UNSEEN = {"mixing"}
"""Arguments that only the check's own model reads."""


def unlike(public: Sequence[Case], hidden: Sequence[Case], check: str = "") -> list[str]:
    """Return what is special about the hidden cases and occurs in no public case, in words.

    A hidden case is of a public kind if

    - a public case has the same label, apart from numbers, quoted texts and the check's DRAWN_WORDS, and the
      same frame: `frame` says what that is. The frame is compared as a whole, since a size of 1 may be
      handled well and still go wrong together with an argument left out;
    - each of its details, such as a row of −inf in a tensor, occurs in some public case at the same place.
      Details are compared one by one, since they are many and independent of each other.

    Sizes, numbers and words themselves are not compared: that they differ is what hidden cases are for.
    Neither is whether two sizes are equal, which a label says where it matters.
    """
    kinds = {(pattern(case.label, check), frame(case)) for case in public}
    known = {detail for case in public for detail in details(case)}
    framed = [case.label for case in hidden if (pattern(case.label, check), frame(case)) not in kinds]
    detailed = [f"{case.label}: {detail}" for case in hidden for detail in details(case) - known]
    return framed + detailed


def pattern(label: str, check: str = "") -> str:
    """Return a label without what is drawn from the seed."""
    label = re.sub(DRAWN_WORDS.get(check, r"(?!)"), "…", label)
    label = re.sub(r"""'.*'|".*\"""", "…", label, flags=re.DOTALL)
    return re.sub(r"[-−]?\d[\d,.]*", "#", label)


def frame(case: Case) -> Kind:
    """Return the names and types of a case's arguments, with what is special about each.

    Special is: of a tensor its dtype, its rank, and which of its sizes are 0 or 1; of a number that it is 0,
    negative or not finite, and of an integer that it is 1; of a boolean its value; of a string that it is
    empty; of a list, or of a dict whose keys are names of parameters, that it is empty or has a single item.
    A dict whose keys are names of fields is compared field by field.
    """
    return tuple((name, _frame(value, name)) for name, value in sorted(case.inputs.items()))


def _frame(value: Any, name: str = "") -> Kind:
    match value:
        case Tensor():
            return (str(value.dtype), *map(_few, value.shape))
        case None | bool():
            return (value,)
        case int() | float():
            return (type(value).__name__, _number(value, name))
        case str():
            return ("str", "some" if value else "none")
        case dict() if _has_fields(value):
            return ("dict", *((key, _frame(item, key)) for key, item in sorted(value.items())))
        case _:
            return (type(value).__name__, _few(len(value)))


def _has_fields(value: dict[Any, Any]) -> bool:
    return all(isinstance(key, str) and key.isidentifier() for key in value)


def _few(n: int) -> str:
    return ("none", "one")[n] if n < 2 else "several"


def _number(value: float, name: str) -> str:
    one = value == 1 and isinstance(value, int) and name not in IDS
    if value == 0 or one or not math.isfinite(value):
        return f"{value:g}"
    return "positive" if value > 0 else "negative"


def details(case: Case) -> set[Kind]:
    """Return the special values inside a case's tensors, the classes of signs in its texts, and the frames of
    the items of its lists, each with the names of argument and fields that lead to it.
    """
    return set(_details({name: value for name, value in case.inputs.items() if name not in UNSEEN}))


def _details(value: Any) -> Iterator[Kind]:
    match value:
        case Tensor():
            yield from ((what,) for what in _special_values(value))
        case str():
            yield from ((what,) for what in _signs(value))
        case dict() if _has_fields(value):
            for name, item in value.items():
                yield from ((name, *detail) for detail in _details(item))
        case dict():
            yield from _item_details(value.values())
        case list() | tuple():
            yield from _item_details(value)


def _item_details(items: Iterable[Any]) -> Iterator[Kind]:
    for item in items:
        yield ("item", _frame(item))
        yield from (("item", *detail) for detail in _details(item))


def _special_values(tensor: Tensor) -> Iterator[str]:
    """Yields in words which special values a tensor [...] has."""
    if tensor.numel() == 0:
        return
    if not tensor.any():
        yield "nothing but 0 or False"
    if tensor.is_floating_point():
        masks = {"nan": tensor.isnan(), "inf": tensor == math.inf, "-inf": tensor == -math.inf}
        yield from (name for name, mask in masks.items() if mask.any())
        yield from (f"a row of {name}" for name, mask in masks.items() if mask.all(-1).any())
    elif tensor.dtype == torch.bool and tensor.all():
        yield "nothing but True"
    elif tensor.min() < 0:
        yield "negative"


def _signs(text: str) -> set[str]:
    """Return which classes of GPT-2's pattern, and how many bytes of UTF-8, the signs of a text have."""
    lengths = {f"a sign of {len(sign.encode(errors='surrogatepass'))} bytes" for sign in text}
    return lengths | {_class_of(sign) for sign in text}


def _class_of(sign: str) -> str:
    if sign.isalpha():
        return "a letter"
    if sign.isnumeric():
        return "a number"
    return "white space" if sign.isspace() else "another sign"
