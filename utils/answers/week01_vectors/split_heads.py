"""The answer key of `split_heads`: torch's chunks, one after the other."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week01_vectors as checks


def _expected_heads(x, n_heads):
    return torch.stack(x.chunk(n_heads, dim=-1), dim=1)


def _chunks(x, n_heads):
    """[batch, seq, n_heads, d_head], each head's part a neighbouring block of numbers."""
    return x.unflatten(-1, (n_heads, x.shape[-1] // n_heads))


def _view_alone(x, n_heads):
    return x.reshape(x.shape[0], n_heads, x.shape[1], x.shape[2] // n_heads)


def _interleaved(x, n_heads):
    return x.unflatten(-1, (x.shape[-1] // n_heads, n_heads)).permute(0, 3, 1, 2)


def _sizes_swapped(x, n_heads):
    return _chunks(x, x.shape[-1] // n_heads).permute(0, 2, 1, 3)


ANSWER_KEY = AnswerKey(
    check=checks.split_heads,
    expected=_expected_heads,
    reference="torch",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "view alone",
            "the shape is right, but the numbers lie in the wrong places: reshaping never moves a number",
            "splitting one axis and swapping two are different things; a pattern for rearrange says both",
            _view_alone,
        ),
        Mistake(
            "every n-th number",
            "each head gets every n-th number of a vector instead of a block of neighbours",
            "the order in the brackets: the name that comes first changes slowest",
            _interleaved,
        ),
        Mistake(
            "heads after positions",
            "the head axis stands behind seq",
            "the order of the names on the right: batch n_heads seq d_head",
            _chunks,
        ),
        Mistake(
            "heads before batch",
            "the head axis stands in front of batch",
            "the order of the names on the right: batch n_heads seq d_head",
            lambda x, n_heads: _chunks(x, n_heads).permute(2, 0, 1, 3),
        ),
        Mistake(
            "n_heads and d_head swapped",
            "the vectors are cut into d_head parts of n_heads numbers each",
            "n_heads is the number of parts: which name gets its size?",
            _sizes_swapped,
        ),
        Mistake(
            "last two axes swapped",
            "d_head stands before seq",
            "the order of the names on the right: batch n_heads seq d_head",
            lambda x, n_heads: _chunks(x, n_heads).permute(0, 2, 3, 1),
        ),
        Mistake(
            "batch and heads merged",
            "batch and heads share one axis",
            "brackets on the right merge two axes; four axes are wanted",
            lambda x, n_heads: _chunks(x, n_heads).permute(0, 2, 1, 3).flatten(0, 1),
        ),
        Mistake(
            "a list of heads",
            "the heads come as separate tensors",
            "one tensor with an axis for the heads",
            lambda x, n_heads: list(x.chunk(n_heads, dim=-1)),
        ),
        Mistake(
            "a copy for each head",
            "every head gets the whole vector",
            "the vector is cut, not copied: d_head is d_model / n_heads",
            lambda x, n_heads: x.unsqueeze(1).repeat(1, n_heads, 1, 1),
        ),
        Mistake(
            "heads in reverse order",
            "the heads come in reverse order",
            "head 0 has the first numbers of each vector",
            lambda x, n_heads: _expected_heads(x, n_heads).flip(1),
        ),
    ),
)
