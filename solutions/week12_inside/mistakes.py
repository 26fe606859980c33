"""Mistakes of week 12 that are other algorithms than the official solution: see mistakes.md."""

from jaxtyping import Float, Int
from solution import GPT2, shape_table
from torch import Tensor

from grader.tools.known_mistakes.shape_rules import without_size


def tokens_exchanged(
    model: GPT2,
    clean: Int[Tensor, "batch seq"],
    corrupted: Int[Tensor, "batch seq"],
    name: str,
    position: int,
) -> Float[Tensor, "batch seq d_vocab"]:
    """Returns the logits on the corrupted prompts with the clean prompts' tokens at the position."""
    mixed = corrupted.clone()
    mixed[:, position] = clean[:, position]
    return model(mixed)


def table_without_batch() -> dict[str, tuple[int, ...]]:
    """Returns the table without the axis of the 2 prompts."""
    return without_size(shape_table, 2)
