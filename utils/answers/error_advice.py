"""Advice on an error in a student's code that no known mistake explains, by the kind of error."""
# ruff: noqa: E501 -- each rule has one line for its patterns and one for its advice

import re

from utils.checks.engine.student_error import StudentError

_SHAPES = "print the shapes just before that line"
_SIGNATURE = "are the parameters those of the cell as it was given, in number, order and name?"
_IN_PLACE = (
    "which line changes a tensor in place (`+=`, `x[i] = …`, a method that ends in `_`) that gradients need?"
)
_NOT_ONE = (
    "a tensor of many numbers stands where Python wants one number or one True or False: which is meant?"
)
_DTYPE = "print the dtypes just before that line: which tensor is not of the kind that the others are?"
_DEVICE = (
    "a tensor made on the way belongs on its input's device: is a device named in the code, or left out?"
)
_GRADIENT = (
    "which value does the gradient start from, and does everything between it and the parameters have one?"
)

_RULES: tuple[tuple[str, str, str], ...] = (
    ("RecursionError", "",
     "the function calls itself without end: which call is to be the last, and is it reached?"),
    ("UnboundLocalError", "",
     "on which path through the function does that name get a value, and was that path taken?"),
    ("NameError", "",
     "is the name spelt as where it is made, and has the cell that makes it been run?"),
    ("ModuleNotFoundError|ImportError", "",
     "is the name of what is imported spelt right? The cell at the top has all you need"),
    ("AttributeError", r"before Module\.__init__\(\) call|has no attribute '_(parameters|modules|buffers|(forward|backward)_\w*hooks)'",
     "a Module must be set up before it can hold anything: does `__init__` begin with its parent's `__init__`?"),
    ("NotImplementedError", 'missing the required "forward" function',
     "is the method that computes spelt `forward`, and inside the class?"),
    ("AttributeError|TypeError", r"'NoneType'|\bNoneType\b",
     "something is None there: does each function that it comes from end in `return`?"),
    ("AttributeError", "^module '",
     "the library has nothing of that name: how is it spelt, and in which part of the library is it?"),
    ("AttributeError", "^'(Tensor|Parameter|list|tuple|int|float|str|dict|bool)' object",
     "a value of that type has nothing of that name: is it what you take it for, and is the name spelt right?"),
    ("AttributeError", "",
     "what does an object of that class have? If the class is yours: is it given to `self` in `__init__`, spelt the same?"),
    ("TypeError", r"__init__\(\)|\b\w+\(\) takes no arguments",
     "is the constructor called `__init__` with four underscores? " + _SIGNATURE.capitalize()),
    ("TypeError", r"^\S+\.\w+\(\) takes \d+ positional",
     "is `self` the first parameter of the method? " + _SIGNATURE.capitalize()),
    ("TypeError", r"^[\w.<>]+\(\) (takes \d|takes from|got an unexpected keyword|got multiple values|missing \d)|takes no keyword",
     "too many values or too few: " + _SIGNATURE),
    ("TypeError", r"'(builtin_function_or_method|method|function|type)' object is not|(and|:|not) '?(builtin_function_or_method|method|function)\b",
     "a function stands where its result is meant: are the parentheses of a call missing?"),
    ("TypeError", "object is not callable",
     "something that is no function is called: a name used twice, or a `*` that is missing before a parenthesis?"),
    ("TypeError", "ndarray|numpy",
     "numpy and torch meet in that line: where does a value leave torch?"),
    ("TypeError", r"invalid combination of arguments|must be (tuple|Tensor|int|\w+ of) ?|argument '\w+'",
     "what does that torch function take, in which order? Print the types of what it is given"),
    ("TypeError", "",
     "print the type of each value just before that line: which one is not what the line needs?"),
    ("ValueError", "values to unpack",
     "how many values stand on the right, and how many names on the left? " + _SHAPES.capitalize()),
    ("IndexError", "Dimension out of range",
     "an axis is named that the tensor has not: axes count from 0, or from -1 backwards; " + _SHAPES),
    ("IndexError", "too many indices",
     "the index has more parts than the tensor has axes: " + _SHAPES),
    ("IndexError", "tensors used as indices|only integers, slices",
     "an index is a whole number, a slice or a tensor of whole numbers or booleans: print its dtype"),
    ("IndexError", "mask|indexed tensor",
     "a boolean mask takes the place of as many axes as it has, from the first on, and has their sizes: " + _SHAPES),
    ("IndexError", "",
     "the first place is 0 and the last is the length minus 1: which index goes past the end, and for which input?"),
    ("KeyError", "",
     "which keys does the dict have? Print them just before that line"),
    ("ZeroDivisionError", "",
     "for which input is the divisor 0?"),
    ("OverflowError|FloatingPointError", "",
     "which number grows past all bounds, and for which input?"),
    ("StopIteration", "",
     "what is iterated over ends too early: how many values does it have?"),
    ("Unicode(En|De)codeError", "",
     "not every sequence of bytes is text: which bytes are there, and what is to be done with those that are none?"),
    ("FileNotFoundError|PermissionError|OSError", "",
     "which file or folder does that line ask for, and is it there?"),
    ("AssertionError", "Torch not compiled with CUDA",
     _DEVICE),
    ("AssertionError", "",
     "an assert that did not hold: print what it compares just before it"),
    ("SystemExit|GeneratorExit", "",
     "the code ends the program there: a function gives its result back by `return`"),
    ("MemoryError", "",
     "something far larger than the inputs is made there: " + _SHAPES),
    ("EinopsError", "",
     "does each name of the pattern stand for one axis, and do the axes fit the tensor? " + _SHAPES.capitalize()),
    ("RuntimeError", r"einsum\(\)",
     "one letter for each axis of each operand; a letter that stands twice needs the same size: " + _SHAPES),
    ("RuntimeError", r"mat1 and mat2 shapes|size mismatch|batch1|batch2|inconsistent tensor size|input and weight\.T|1D tensors expected",
     "in a product of matrices the last axis of the left and the second to last of the right must agree: " + _SHAPES),
    ("RuntimeError", "must match the size of tensor|not broadcastable|shape mismatch: (value|indexing)|cannot be broadcast|broadcast dim",
     "axes are matched from the last to the first, and must be equal or 1: " + _SHAPES),
    ("RuntimeError", r"expanded size|expand\(",
     "the sizes must be equal, or 1 where a tensor is to be expanded: " + _SHAPES),
    ("RuntimeError", r"is invalid for input of size|unflatten|shape '\[",
     "the new shape must hold just as many numbers as the old one: " + _SHAPES),
    ("RuntimeError", "view size is not compatible",
     "a view needs numbers that lie in memory in its own order: after a transpose they do not"),
    ("RuntimeError", "Sizes of tensors must match|expects each tensor to be equal size|must have same number of dimensions",
     "tensors that are joined agree in every other axis: " + _SHAPES),
    ("RuntimeError", "permute|number of dimensions in the tensor input|repeated dim",
     "each axis is named once: " + _SHAPES),
    ("RuntimeError", "Index(ing)? tensor|index .*out of bounds|Size does not match at dimension",
     "the tensor of indices has the axes of the tensor that it picks from, and points inside it: " + _SHAPES),
    ("RuntimeError", "leaf Variable|modified by an inplace operation",
     _IN_PLACE),
    ("RuntimeError", "backward through the graph a second time",
     "`backward` uses the graph up: which line calls it again, or works on with a tensor of the step before?"),
    ("RuntimeError", "does not require grad|only for scalar outputs|have been used in the graph",
     _GRADIENT),
    ("RuntimeError", r"numpy\(\)",
     "numpy knows no gradients: where does the value leave torch, and must it?"),
    ("RuntimeError", "Boolean value of Tensor|cannot be converted to Scalar|only one element tensors",
     _NOT_ONE),
    ("ValueError", "only one element tensors",
     _NOT_ONE),
    ("RuntimeError", "same device|NVIDIA|CUDA|device type for generator|is not on the expected device",
     _DEVICE),
    ("RuntimeError|NotImplementedError", "dtype|scalar type|result type|not implemented for|Got: |expected m1 and m2|Integers to negative",
     _DTYPE),
    ("RuntimeError", "probability tensor|multinomial|sum of probabilities",
     "probabilities are finite, not negative and not all 0: print them just before that line"),
    ("RuntimeError", "allocate|not enough memory|overflow",
     "something far larger than the inputs is made there: " + _SHAPES),
    ("RuntimeError", "size|shape|dim",
     _SHAPES),
)  # fmt: skip
"""A pattern of the error's type, a pattern within its message, and the advice. The first match counts."""
_OTHER = "what does the error's text say of that line? Print what the line works on just before it"


def error_advice(error: StudentError) -> str:
    """Returns one line of advice on an error in a student's code."""
    advice = next((text for kind, words, text in _RULES if _matches(kind, words, error)), _OTHER)
    no_line = not error.where and "that line" in advice
    return _SIGNATURE if no_line else advice


def _matches(kind: str, words: str, error: StudentError) -> bool:
    return re.fullmatch(kind, error.type_name) is not None and re.search(words, error.message) is not None
