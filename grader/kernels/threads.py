"""Keeps PyTorch at one thread.

A thread pool does not survive a fork, and every thread counts towards the limit of processes.
"""

from collections.abc import Callable
from typing import Any

_SETTERS = ("set_num_threads", "set_num_interop_threads")
_originals: dict[str, Any] = {}


def keep_one_thread() -> None:
    """Replaces the functions that ask PyTorch for more threads: they print a message and change nothing."""
    import torch

    for name in _SETTERS:
        _originals.setdefault(name, getattr(torch, name))
        setattr(torch, name, _refusal(name))
    _originals["set_num_threads"](1)


def one_thread() -> None:
    """Sets PyTorch to one thread again, in case a student's code has changed that in another way."""
    import torch

    _originals.get("set_num_threads", torch.set_num_threads)(1)


def _refusal(name: str) -> Callable[[int], None]:
    def refuse(number: int) -> None:
        print(f"torch.{name}({number}): one thread where work is graded")

    return refuse
