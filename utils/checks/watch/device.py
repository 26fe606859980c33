"""Finds code that would fail on an accelerator, on a machine without one.

Tensors on torch's meta device have a shape, a dtype and a device but no numbers. An operation that mixes them
with tensors on the CPU fails just as it would on an accelerator.
"""

import contextlib
import io
from collections.abc import Callable
from typing import Any

from torch import Tensor

_MIXED = "is not on the expected device"  # in torch's message for an operation on two devices


def device_problem(run: Callable[..., Any], submission: Any, inputs: dict[str, Any]) -> str | None:
    """Returns what would go wrong if the tensors in `inputs` were on an accelerator; None if nothing would.

    Code that cannot run without numbers (a loop until a value is small) is assumed to be right.
    """
    moved = {name: value.to("meta") if isinstance(value, Tensor) else value for name, value in inputs.items()}
    with contextlib.redirect_stdout(io.StringIO()):  # the call on the real inputs has already printed it
        try:
            output = run(submission, **moved)
        except Exception as error:
            return (
                "were the inputs on a GPU, a tensor made on the CPU would meet them there"
                if _MIXED in str(error)
                else None
            )
    if isinstance(output, Tensor) and output.device.type == "cpu":
        return "were the inputs on a GPU, the result would still be on the CPU"
    return None
