"""What the answer keys of `Embed` and `PosEmbed` have in common."""

from typing import Any

from torch import Tensor

from utils.checks.measure.learned_parameters import spread_in_words


def with_spread_in_words(output: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """Returns the output with a description in place of a new module's numbers."""
    numbers = output["first numbers"]
    said = spread_in_words(numbers) if isinstance(numbers, Tensor) else "no numbers"
    return {**output, "first numbers": said}
