"""The answer key of `split_c_attn`: HF's own cut for GPT-2's order, numbered columns for the other orders."""

import torch
from torch import Tensor

from utils.answers.answer_key import AnswerKey
from utils.answers.week08_weights._course import thirds
from utils.checks import week08_weights as checks


def _expected_split(*, packed, n_heads, order):
    if order is None:
        return thirds(packed=packed, n_heads=n_heads)
    sizes = {"three": 3, "n_heads": n_heads, "d_head": packed.shape[-1] // (3 * n_heads)}
    return tuple(
        torch.stack([packed[..., _columns(order, sizes, which, head)] for head in range(n_heads)])
        for which in range(3)
    )


def _columns(order, sizes, which, head):
    """The numbers of the columns of one head's q, k or v, as a number of three digits counts them."""
    numbers = []
    for place in range(sizes["d_head"]):
        digits, number = {"three": which, "n_heads": head, "d_head": place}, 0
        for name in order.split():
            number = number * sizes[name] + digits[name]
        numbers.append(number)
    return numbers


def _three(output):
    """Return q, k and v stacked along a first axis as a tuple, which counts as right too.

    Longer tensors are returned as they are: 60 million rows of one number as tensors would take 30 GB.
    """
    return tuple(output) if isinstance(output, Tensor) and output.dim() > 1 and len(output) <= 3 else output


ANSWER_KEY = AnswerKey(
    check=checks.split_c_attn,
    expected=_expected_split,
    normalise=_three,
    outputs=("q", "k", "v"),
    reference="HF's attention and columns counted one by one",
)
