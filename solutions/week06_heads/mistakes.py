"""Mistakes of week 6 that are other algorithms than the official solution: see mistakes.md."""

import torch
from solution import (
    MultiHeadAttention,
    attention_pattern,
    head_outputs,
    project_heads,
    shape_table,
    weighted_values,
)

from grader.tools.known_mistakes.shape_rules import without_size


class HeadsOneAfterTheOther(MultiHeadAttention):
    """Each head reads the stream after the head before it has written: in sequence, not in parallel."""

    def forward(self, x):
        written = torch.zeros_like(x)
        for head in range(len(self.W_O)):
            q, k, v = (
                project_heads(x + written, getattr(self, f"W_{letter}"), getattr(self, f"b_{letter}"))
                for letter in "QKV"
            )
            z = weighted_values(attention_pattern(q, k), v)
            written = written + head_outputs(z, self.W_O)[:, head]
        return written + self.b_O


def one_heads_shapes():
    """Returns the table without the axis of the 12 heads."""
    return without_size(shape_table, 12)


def batch_forgotten():
    """Returns the table without the axis of the 2 prompts."""
    return without_size(shape_table, 2)
