"""Records calls of ready-made functions that would do an exercise's work."""

from collections.abc import Callable, Sequence
from functools import reduce
from types import ModuleType
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from utils.checks.watch.derivatives import DERIVATIVE, derivative_watch, forbids_derivatives
from utils.checks.watch.dispatch import DispatchWatch
from utils.checks.watch.library_calls import LibraryCallWatch

ALWAYS = (
    "transformers.models",
    "torch.nn.MultiheadAttention",
    "torch.nn.Transformer",
    "torch.nn.TransformerEncoderLayer",
    "torch.nn.TransformerDecoderLayer",
)
"""Modules that do the work of a whole week, which every check watches for. Conv1D is not one of them."""

_ATTENTION = "scaled_dot_product_attention"
_ATTENTION_BELOW = ("scaled_dot_product", "safe_softmax")
"""Prefixes of the names of its kernels, and of what it alone calls where no kernel fits."""
_TRANSFORMS = "torch._functorch"
"""The package that torch.func's functions are made of. They fail under saved-tensor hooks."""


class _BelowPython(DispatchWatch):
    """Records operations that are dispatched outside every Python function of torch's, such as TorchScript's.

    `active_calls` counts the Python functions of torch's that are running; the operations they dispatch are
    not recorded.
    """

    def __init__(self, note: Callable[[Callable], None]):
        super().__init__()
        self.active_calls = 0
        self._note = note

    def __torch_dispatch__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not self.active_calls:
            self._note(function)
        return function(*args, **(kwargs or {}))


class ForbiddenCallWatch(TorchFunctionMode):
    """A context that records calls of the named functions and modules, however they were imported.

    It also records calls of the operations below a function: `torch._softmax`, `torch.ops.aten.softmax`.

    Args:
        names: Full names: `torch.softmax`, `torch.Tensor.softmax`, `torch.nn.MultiheadAttention`. The name of
            a module includes everything below it (`transformers.models`); so does that of a library
            (`tokenizers`) or of a part of torch that is written in Python (`torch.optim`).
    """

    def __init__(self, names: Sequence[str]):
        super().__init__()
        self._names = tuple(names)
        self._modules = frozenset(name for name in (*names, *ALWAYS) if not _is_function(name))
        self._below_modules = tuple(f"{name}." for name in self._modules)
        self._functions = {id(_find(name)): name for name in names if _is_function(name)}
        self._short = {name.rpartition(".")[2]: name for name in reversed(self._functions.values())}
        transforms = (_TRANSFORMS,) if forbids_derivatives(names) else ()
        self._libraries = LibraryCallWatch([*transforms, *(name for name in names if _is_library(name))])
        self._seen: dict[str, None] = {}
        self._below = _BelowPython(self._note_below)

    @property
    def seen(self) -> tuple[str, ...]:
        """The full names of what was called, in order of the first call."""
        called = (DERIVATIVE if name.startswith(_TRANSFORMS) else name for name in self._libraries.seen)
        return tuple(self._seen | dict.fromkeys(called))

    def __enter__(self) -> "ForbiddenCallWatch":
        self._derivatives = derivative_watch(self._names, self._seen)
        self._derivatives.__enter__()
        self._hook = register_module_forward_pre_hook(self._note_module)
        if self._functions:  # otherwise a mode would slow down every operation and find nothing
            super().__enter__()
            self._below.__enter__()
        self._libraries.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._libraries.__exit__(*exception)
        if self._functions:
            self._below.__exit__(*exception)
            super().__exit__(*exception)
        self._hook.remove()
        self._derivatives.__exit__(None, None, None)

    def __torch_function__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if name := self._functions.get(id(function)) or self._name_below(function):
            self._seen[name] = None
        self._below.active_calls += 1
        try:
            return function(*args, **(kwargs or {}))
        finally:
            self._below.active_calls -= 1

    def _note_below(self, function: Callable) -> None:
        if name := self._name_below(function):
            self._seen[name] = None

    def _name_below(self, function: Callable) -> str | None:
        """Returns the watched function that a lower-level function of torch's implements, or None.

        Examples are `torch._softmax`, `torch.ops.aten.softmax.int` and, for backward,
        `torch.ops.aten.gelu_backward`.
        """
        name = str(getattr(function, "__name__", ""))
        if name.startswith("__"):
            return None
        if not (name.startswith("_") or str(getattr(function, "__module__", "")).startswith("torch._ops")):
            return None
        short = name.strip("_").partition(".")[0]
        if short.endswith("_enabled"):  # `torch.no_grad()` sets `_set_grad_enabled`, which computes nothing
            return None
        if _ATTENTION in self._short and short.startswith(_ATTENTION_BELOW):
            return self._short[_ATTENTION]
        matches = (each for each in self._short if f"_{each}_" in f"_{short}_")
        return next((self._short[each] for each in matches), None)

    def _note_module(self, module: torch.nn.Module, inputs: Any) -> None:
        for kind in type(module).__mro__:
            name = f"{kind.__module__}.{kind.__qualname__}"
            public = name.replace(".modules.activation.", ".").replace(".modules.transformer.", ".")
            if public in self._modules or public.startswith(self._below_modules):
                self._seen[public] = None
                return


def _find(name: str) -> Any:
    return reduce(getattr, name.split(".")[1:], torch)


def _is_function(name: str) -> bool:
    return name.startswith("torch.") and not isinstance(_find(name), type | ModuleType)


def _is_library(name: str) -> bool:
    return not name.startswith("torch.") or isinstance(_find(name), ModuleType)
