"""One thread for PyTorch: a pool of threads does not live on in a copy of a process, and every thread counts
towards the limit of processes.
"""

from typing import Any

_KEPT = ("set_num_threads", "set_num_interop_threads")
_real: dict[str, Any] = {}


def keep_one_thread() -> None:
    """From now on a call that asks PyTorch for more threads changes nothing and says so."""
    import torch

    for name in _KEPT:
        _real.setdefault(name, getattr(torch, name))
        setattr(torch, name, _says_so(name))
    _real["set_num_threads"](1)


def one_thread() -> None:
    """Brings PyTorch back to one thread, whatever a student's code has set by another way."""
    import torch

    _real.get("set_num_threads", torch.set_num_threads)(1)


def _says_so(name: str) -> Any:
    def asked(number: int) -> None:
        print(f"torch.{name}({number}): one thread where work is graded")

    return asked
