"""Values as a report shows them: the first characters, however large the value."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from utils.checks.engine.plain_data import NotPlain
from utils.checks.engine.untrusted import readable

_MAX_NUMBERS = 8  # of a tensor that is written out
_BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}")}


def shown_value(value: Any, longest: int = 120) -> str:
    """Returns the value's repr, cut to `longest` characters. It reads no more of the value than it shows."""
    text = ""
    for piece in _pieces(value, longest):
        text += piece
        if len(text) > longest:
            return readable(text[: longest - 1]) + "…"
    return readable(text)


def _pieces(value: Any, longest: int) -> Iterator[str]:
    if isinstance(value, float):
        yield f"{value:.6g}"
    elif isinstance(value, str):
        yield repr(value[: longest + 1])
    elif isinstance(value, Tensor):
        small = value.numel() <= _MAX_NUMBERS
        yield f"tensor({value.tolist()})" if small else f"a tensor of shape {tuple(value.shape)}"
    elif isinstance(value, NotPlain):
        yield value.type_name
    elif type(value) in _BRACKETS:
        yield from _in_brackets(value, longest)
    else:
        yield repr(value)


def _in_brackets(value: Any, longest: int) -> Iterator[str]:
    left, right = _BRACKETS[type(value)]
    yield left
    for place, item in enumerate(value.items() if isinstance(value, dict) else value):
        yield ", " if place else ""
        if isinstance(value, dict):
            yield f"{item[0][: longest + 1]!r}: "
            item = item[1]
        yield from _pieces(item, longest)
    yield "," + right if isinstance(value, tuple) and len(value) == 1 else right
