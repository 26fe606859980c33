"""Classify a loader's error for weights that do not fit by whether its message names the tensor."""

import re
from collections.abc import Iterable

from utils.answers.week08_weights import _course

_MOST_OTHERS = 6
"""The number of other tensors that a message may name. That of torch's `load_state_dict` may name a few of
them; a list of everything names dozens and finds nothing.
"""
_BLOCK = re.compile(r"^(?:transformer\.)?(?:h|blocks)\.\d+\.|^transformer\.")


def refusal(message: str | None, name: str, all_names: Iterable[str]) -> str:
    """Return, in a few words for the report, whether a loader's error names the tensor `name`.

    Args:
        message: the error's text; None if there was no error.
        name: HF's name of the tensor that does not fit.
        all_names: HF's names of the other tensors that the loader was given.
    """
    if message is None:
        return "none"
    others = sum(_mentions(message, _full_names(other)) for other in all_names if other != name)
    if _mentions(message, _ends(name)) and others <= _MOST_OTHERS:
        return names(name)
    return "one that does not name the tensor"


def names(name: str) -> str:
    """Return the expected outcome: an error that names the tensor."""
    return f"one that names {name}"


def _full_names(name: str) -> tuple[str, ...]:
    return (name, name.removeprefix("transformer."), *_ours(name))


def _ends(name: str) -> tuple[str, ...]:
    """Return the names by which a message may call the tensor; they may leave the block out."""
    return tuple(_BLOCK.sub("", each) for each in _full_names(name))


def _ours(name: str) -> tuple[str, ...]:
    # A mask, `attn.bias`, has no counterpart here. A tied lm_head may be called by its module's name.
    if name.endswith(".attn.bias"):
        return ()
    return ("lm_head",) if name == "lm_head.weight" else _course.ours(name)


def _mentions(message: str, candidates: Iterable[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", message) for each in candidates)
