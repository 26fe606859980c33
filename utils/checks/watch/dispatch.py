"""The base class of contexts that see the operations which torch dispatches to its kernels."""

from torch.utils._python_dispatch import TorchDispatchMode


class DispatchWatch(TorchDispatchMode):
    """A dispatch mode that does not wait for torch's compiler.

    In front of a mode's `__torch_dispatch__`, torch tells its compiler to leave it alone; that imports the
    compiler, some 800 modules in three seconds, at the first operation of a kernel's first check. Nothing is
    compiled in a check.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False
