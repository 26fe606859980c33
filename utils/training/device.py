"""The device for long computations: a GPU where torch finds one that works, else the processor."""

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

VARIABLE = "COURSE_DEVICE"
"""The environment variable that names a device, such as cpu, in place of the choice below."""


@cache
def best_device() -> "torch.device":
    """Return CUDA or MPS where torch finds one that works, else the CPU; print which, once in a kernel.

    Move models and tokens there yourself with `.to(best_device())`. Checks run on the CPU everywhere.

    Raises:
        ValueError: `COURSE_DEVICE` names a device that torch does not have here.
    """
    import torch

    if named := os.environ.get(VARIABLE):
        if fault := _fault(named):
            raise ValueError(
                f"{VARIABLE} is {named!r}, which does not work here: {fault}. Unset it, or set cpu."
            )
        print(f"Device: {named}, as {VARIABLE} says.")
        return torch.device(named)
    for kind, name in _accelerators():
        if fault := _fault(kind):
            print(f"Device: the processor, because the GPU ({name}) does not work here: {fault}.")
            return torch.device("cpu")
        print(f"Device: {kind} ({name}). For the processor, set {VARIABLE}=cpu and restart the kernel.")
        return torch.device(kind)
    print("Device: the processor; torch finds no GPU here.")
    return torch.device("cpu")


def _accelerators() -> list[tuple[str, str]]:
    """Return the type and the name of each kind of GPU that torch finds, the fastest first."""
    import torch

    found = []
    if torch.cuda.is_available():
        found.append(("cuda", torch.cuda.get_device_name()))
    if torch.backends.mps.is_available():
        found.append(("mps", "Apple's"))
    return found


def _fault(device: str) -> str | None:
    """Return why a small computation fails on a device, in one line; None if it succeeds.

    A GPU that torch lists may be too old for this torch, have no memory left, or have another driver.
    """
    import torch

    try:
        ones = torch.ones(2, 2, device=device)
        (ones @ ones).sum().to("cpu")
    except Exception as error:  # torch raises several kinds
        return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return None
