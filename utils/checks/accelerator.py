"""Asks whether code would run on an accelerator, on a machine that has none.

torch's fake tensors carry a shape, a dtype and a device but no numbers, so a tensor "on" an accelerator costs
nothing, and an operation that mixes devices fails just as it would there.
"""

import contextlib
import io
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_DEVICE = "cuda"


def accelerator_problem(run: Callable[..., Any], submission: Any, inputs: dict[str, Any]) -> str | None:
    """What would go wrong with devices if the tensors among `inputs` were on an accelerator; None if nothing.

    Code that cannot run without numbers (a loop until a value is small) is given the benefit of the doubt.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True), contextlib.redirect_stdout(io.StringIO()):
        moved = {name: _move(value) for name, value in inputs.items()}
        try:
            output = run(submission, **moved)
        except Exception as error:
            mixes = "two devices" in str(error) or "DeviceMismatch" in type(error).__name__
            return "a tensor on the CPU meets the inputs on an accelerator" if mixes else None
    if isinstance(output, Tensor) and output.device.type != _DEVICE:
        return f"inputs on an accelerator give a result on {output.device}"
    return None


def _move(value: Any) -> Any:
    return torch.empty(value.shape, dtype=value.dtype, device=_DEVICE) if isinstance(value, Tensor) else value
