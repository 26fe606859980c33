"""Advice on an output of another type than the expected one."""
# ruff: noqa: E501 -- a pair of types and its advice share one line

import re
from typing import Any

from torch import Tensor

from utils.checks.engine.plain_data import NotPlain

_OBJECTS: tuple[tuple[str, str], ...] = (
    (r"numpy\..*", "a numpy array is no torch tensor: where does the value leave torch?"),
    (
        r"(async_)?generator|coroutine",
        "`yield`, or a `for` in parentheses, makes a generator: where is its result put together and returned?",
    ),
    (
        r"map|filter|zip|range|reversed|enumerate|(list|tuple|str|set|dict_key|dict_value|dict_item)_?\w*iterator"
        r"|dict_keys|dict_values|dict_items|itertools\..*",
        "it hands its values out one by one and only once: where are they put together?",
    ),
    (
        r"function|method|builtin_function_or_method|method-wrapper|method_descriptor|functools\.partial",
        "a function came back and not its result: are the parentheses of a call missing?",
    ),
    (r"type|\w+\.\w*Meta|torch\._C\._\w*[mM]eta", "a class came back and not what it makes: is it called?"),
    (r"set|frozenset", "a set has no order and holds each value once: is that what the question asks for?"),
    (r"bytes|bytearray|memoryview", "bytes are not text and no list: how do they become what is asked for?"),
    (r"torch\.(device|dtype|layout)", "that describes a tensor and holds no numbers: which tensor is meant?"),
    (
        r"a .* tensor on .*",
        "a tensor of plain numbers is asked for: not sparse, nested or quantised, and not on `meta`",
    ),
    (r"a dict with keys .*", "what are the keys to be? Those that came back are no strings"),
    (r"an int of .*", "a number of over a thousand digits: what is multiplied or added too often?"),
)
"""Advice by the name of the type, as a pattern."""
_ANY_OBJECT = "an object came back and not what it computes: is it called, or one of its values meant?"

COMMA = "a comma behind a value makes a tuple of it: is there one at the end of a line?"
_SEVERAL = "several values came back where one is asked for: what stands behind `return`?"
_ADVICE: dict[tuple[str, str], str] = {
    ("tensor", "tuple"): _SEVERAL,
    ("tensor", "list"): "a list came back: when do its parts become one tensor?",
    ("tensor", "number"): "a number of Python's came back: where does the value cease to be a tensor?",
    ("tensor", "dict"): "a dict came back: which of its values is asked for?",
    ("list", "tensor"): "a tensor came back: when do its numbers become Python's, or its parts a list?",
    ("list", "string"): "a string came back: when is it taken apart, or put into a list?",
    ("list", "number"): "one value came back where several are asked for: is it returned too early, inside the loop?",
    ("list", "dict"): "a dict came back: is it its keys, its values or both that are asked for?",
    ("string", "list"): "a list came back: when are its parts joined?",
    ("string", "tensor"): "a tensor came back: when do its numbers become text?",
    ("number", "tensor"): "many numbers came back where one is asked for: over which axes is still to be summed or averaged?",
    ("number", "tuple"): _SEVERAL,
    ("number", "list"): "many values came back where one number is asked for: are they still to be counted or added?",
    ("number", "string"): "text came back where a number is asked for",
    ("number", "bool"): "True or False came back where a number is asked for: what is to be counted or measured?",
    ("bool", "tensor"): "one True or False is asked for: do all entries have to hold, or any?",
    ("bool", "number"): "True or False is asked for, and a number came back: what is it to be compared with?",
    ("dict", "list"): "a list came back: under which name does each of its values belong?",
    ("dict", "tuple"): "several values came back: under which name does each of them belong?",
    ("dict", "tensor"): "a tensor came back: which name does it have, and what else is asked for?",
}  # fmt: skip
"""Advice by the expected kind and the kind of the output."""


def type_advice(expected: Any, got: Any) -> str:
    """Returns one line of advice on a value `got` of another type than `expected`."""
    if isinstance(got, NotPlain):
        found = (text for name, text in _OBJECTS if re.fullmatch(name, got.type_name))
        return next(found, _ANY_OBJECT)
    if isinstance(got, tuple) and len(got) == 1 and not isinstance(expected, list | tuple):
        return COMMA
    wanted, returned = kind(expected), kind(got)
    other = f"a {returned} came back where a {wanted} is asked for: what stands behind `return`?"
    of_a_list = _ADVICE.get((wanted.replace("tuple", "list"), returned))
    return _ADVICE.get((wanted, returned)) or of_a_list or other


def kind(value: Any) -> str:
    """Returns the kind of a plain-data value: `tensor`, `number`, `list` and so on."""
    kinds = (
        (Tensor, "tensor"),
        (bool, "bool"),
        (int | float, "number"),
        (str, "string"),
        (list, "list"),
        (tuple, "tuple"),
        (dict, "dict"),
    )
    return next((word for types, word in kinds if isinstance(value, types)), type(value).__name__)
