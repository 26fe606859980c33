"""The answer key of `split_c_attn`: thirds of the last axis, each cut into heads, as HF's attention does."""

from collections.abc import Callable

import torch
from torch import Tensor

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week08_weights._course import thirds
from utils.checks import week08_weights as checks


def _three(output):
    """Return q, k and v stacked along a first axis as a tuple, which counts as right too.

    Longer tensors are returned as they are: 60 million rows of one number as tensors would take 30 GB.
    """
    return tuple(output) if isinstance(output, Tensor) and output.dim() > 1 and len(output) <= 3 else output


def _changed(change):
    """Return a mistake that changes each of the right three."""
    return lambda packed, n_heads: tuple(change(each, n_heads) for each in thirds(packed, n_heads))


def _picked(*order: int) -> Callable[[Tensor, int], tuple[Tensor, ...]]:
    return lambda packed, n_heads: tuple(thirds(packed, n_heads)[place] for place in order)


def _head_by_head(packed, n_heads):
    """q, k and v of head 0, then of head 1: the packing of GPT-NeoX."""
    by_head = packed.unflatten(-1, (n_heads, 3, -1))
    return tuple(by_head.select(-2, which).movedim(-2, 0) for which in range(3))


def _turn(packed: Tensor) -> Tensor:
    return packed.mT.reshape(packed.shape) if packed.dim() == 2 else packed


def _rows_in_thirds(packed, n_heads):
    """Return thirds of the input axis."""
    if packed.dim() == 1:
        return thirds(packed, n_heads)
    return tuple(torch.stack(part.chunk(n_heads, dim=-1)) for part in packed.tensor_split(3, dim=0))


ANSWER_KEY = AnswerKey(
    check=checks.split_c_attn,
    expected=lambda packed, n_heads: thirds(packed, n_heads),
    normalise=_three,
    outputs=("q", "k", "v"),
    reference="HF's attention",
    mistakes=(
        Mistake(
            "k, q, v",
            "the first third is taken for k's and the second for q's",
            "HF keeps q, k, v in this order",
            _picked(1, 0, 2),
        ),
        Mistake(
            "q, v, k",
            "the second third is taken for v's and the third for k's",
            "HF keeps q, k, v in this order",
            _picked(0, 2, 1),
        ),
        Mistake(
            "v, k, q",
            "the thirds come back in the reverse order",
            "HF keeps q, k, v in this order",
            _picked(2, 1, 0),
        ),
        Mistake(
            "head by head",
            "the columns are read as q, k, v of head 0, then of head 1 and so on, as other models pack them",
            "in GPT-2 all of q comes first: which name stands leftmost inside your brackets?",
            _head_by_head,
        ),
        Mistake(
            "heads innermost",
            "every n_heads-th column is given to the same head; a head's columns lie side by side",
            "the order of n_heads and d_head inside the brackets",
            lambda packed, n_heads: tuple(
                third.unflatten(-1, (-1, n_heads)).movedim(-1, 0) for third in packed.chunk(3, dim=-1)
            ),
        ),
        Mistake(
            "every third column",
            "q gets columns 0, 3, 6 …: the thirds lie one after the other, not in turns",
            "all of q comes first, then all of k",
            lambda packed, n_heads: tuple(
                torch.stack(packed[..., which::3].chunk(n_heads, dim=-1)) for which in range(3)
            ),
        ),
        Mistake(
            "thirds of the inputs",
            "a weight's rows are cut into three; q, k and v lie side by side in its columns",
            "which axis has length 3 · d_model?",
            _rows_in_thirds,
        ),
        Mistake(
            "not cut into heads",
            "the three lie in one matrix each; the machine keeps them head by head",
            "the shape of W_Q in week 6",
            lambda packed, n_heads: packed.chunk(3, dim=-1),
        ),
        Mistake(
            "heads after d_model",
            "the head axis comes after d_model; the machine has it in front",
            "the order of axes of W_Q in week 6",
            _changed(lambda each, n_heads: each.movedim(0, -2)),
        ),
        Mistake(
            "reshaped instead of moved",
            "the cut is right, but then reshape swaps two axes by name only: no number moves",
            "an axis that is to come to the front has to be moved there, not only renamed",
            _changed(lambda each, n_heads: each.movedim(0, -2).reshape(each.shape)),
        ),
        Mistake(
            "reshaped in one go",
            "the shapes are right, but the numbers are in other places: reshape fills axes in reading order",
            "only the last axis can be cut by a reshape; the head axis has to be moved to the front",
            lambda packed, n_heads: tuple(packed.reshape(3, n_heads, *packed.shape[:-1], -1)),
        ),
        Mistake(
            "d_head before d_model",
            "each head's matrix is transposed",
            "W_Q maps d_model to d_head",
            _changed(lambda each, n_heads: each.mT if each.dim() == 3 else each),
        ),
        Mistake(
            "c_attn turned first",
            "the weight is read column by column, as if it were an nn.Linear's",
            "HF's Conv1D keeps (inputs, outputs), as your W_Q does",
            lambda packed, n_heads: thirds(_turn(packed), n_heads),
        ),
        Mistake(
            "heads in reverse",
            "the last head comes first",
            "which end do you begin to count from?",
            _changed(lambda each, n_heads: each.flip(0)),
        ),
        Mistake(
            "q three times",
            "the first third comes back three times",
            "does the index move on?",
            _picked(0, 0, 0),
        ),
        Mistake(
            "scaled by √d_head",
            "q is divided by √d_head already here; attention_scores will do it again",
            "splitting changes no number",
            lambda packed, n_heads: tuple(
                each / each.shape[-1] ** 0.5 if place == 0 else each
                for place, each in enumerate(thirds(packed, n_heads))
            ),
        ),
    ),
)
