"""How a process with a large model in it returns the memory of tensors to the system."""

import ctypes
import sys

LARGE_MODEL = 100_000_000
"""Bytes of a file of weights. The storyteller's has 11 MB, GPT-2 small's 548 MB."""

LARGE_BLOCK = 2**20
"""Bytes. From this size on, a tensor's memory is free for other programs once the tensor is deleted."""

_M_MMAP_THRESHOLD = -3
"""The number of this parameter in glibc's malloc.h."""


def give_back_large_blocks() -> bool:
    """Make glibc's malloc return each large block to the system as soon as it is freed, in this process.

    By itself, glibc adapts to a program that frees blocks of up to 32 MiB: it takes later ones from the heap,
    where the gaps that freed blocks leave stay with the process. GPT-2 small's matrices have 2 to 9 MiB, and
    of a model that is deleted, up to 0.4 GB would stay. A block of its own costs page faults each time, which
    only large matrices are worth.

    Returns:
        Whether it is done. On other systems, and with another C library, nothing is.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # musl's C library has none
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK))
