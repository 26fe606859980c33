"""The answer key of `project_heads`: torch's linear layer, one head after the other."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week06_heads as checks


def _expected_projection(x, W, b):
    heads = [F.linear(x.double(), W[head].mT.double(), b[head].double()) for head in range(len(W))]
    return torch.stack(heads, dim=1).float()


def _products(x, W):
    """[batch n_heads seq d_head]: the products alone."""
    return torch.tensordot(x, W, dims=([2], [1])).movedim(2, 1)


def _biased(products, b):
    return products + b.unsqueeze(1)


def _weights_reshaped(x, W, b):
    """All heads side by side by a reshape, which takes the rows apart."""
    heads, d_model, d_head = W.shape
    wide = (x @ W.reshape(d_model, heads * d_head)).unflatten(-1, (heads, d_head))
    return _biased(wide.transpose(1, 2), b)


def _heads_viewed(x, W, b):
    products = torch.tensordot(x, W, dims=([2], [1])) + b
    batch, seq, heads, d_head = products.shape
    return products.reshape(batch, heads, seq, d_head)


ANSWER_KEY = AnswerKey(
    check=checks.project_heads,
    expected=_expected_projection,
    reference="torch's linear layer, head by head",
    mistakes=(
        Mistake(
            "bias forgotten",
            "b is not added",
            "every projection of GPT-2 has a weight and a bias",
            _products,
        ),
        Mistake(
            "bias subtracted",
            "b is subtracted",
            "the sign before the bias",
            lambda x, W, b: _biased(_products(x, W), -b),
        ),
        Mistake(
            "bias by position",
            "b meets the positions instead of the heads, and fits only if there are as many of both",
            "line (n_heads, d_head) up with (batch, n_heads, seq, d_head) from the right: what is missing?",
            lambda x, W, b: _products(x, W) + b,
        ),
        Mistake(
            "first head's bias for all",
            "every head gets the bias of head 0",
            "b has a row for each head",
            lambda x, W, b: _products(x, W) + b[0],
        ),
        Mistake(
            "biases summed",
            "every head gets the sum of all biases",
            "b has a row for each head",
            lambda x, W, b: _products(x, W) + b.sum(0),
        ),
        Mistake(
            "mean bias",
            "every head gets the mean of all biases",
            "b has a row for each head",
            lambda x, W, b: _products(x, W) + b.mean(0),
        ),
        Mistake(
            "first head's weight for all",
            "every head uses the weight of head 0",
            "W has a matrix for each head",
            lambda x, W, b: _biased(_products(x, W[:1].expand_as(W)), b),
        ),
        Mistake(
            "mean weight",
            "every head uses the mean of all weights",
            "W has a matrix for each head",
            lambda x, W, b: _biased(_products(x, W.mean(0).expand_as(W)), b),
        ),
        Mistake(
            "heads in reverse",
            "the weights are used from the last head to the first",
            "head 0 uses W[0] and b[0]",
            lambda x, W, b: _biased(_products(x, W.flip(0)), b),
        ),
        Mistake(
            "weights reshaped, not moved",
            "reshape has put the heads' matrices side by side and torn their rows apart",
            "the head axis has to be moved next to d_head before the two can be joined",
            _weights_reshaped,
        ),
        Mistake(
            "heads viewed, not moved",
            "view or reshape has put the heads before the positions without moving a number",
            "transpose swaps two axes, view only counts the numbers anew",
            _heads_viewed,
        ),
        Mistake(
            "matrices read as transposed",
            "each head's matrix is read as [d_head, d_model] and turned over",
            "W maps d_model to d_head already",
            lambda x, W, b: _biased(_products(x, W.reshape(len(W), W.shape[2], W.shape[1]).mT), b),
        ),
        Mistake(
            "heads summed",
            "the heads have been added up",
            "which letter disappears to the right of the arrow?",
            lambda x, W, b: _biased(_products(x, W), b).sum(1),
        ),
        Mistake(
            "heads after positions",
            "the head axis comes after the positions",
            "the order of the axes: batch, n_heads, seq, d_head",
            lambda x, W, b: _biased(_products(x, W), b).transpose(1, 2),
        ),
        Mistake(
            "heads before the batch",
            "the head axis comes before the batch",
            "the order of the axes: batch, n_heads, seq, d_head",
            lambda x, W, b: _biased(_products(x, W), b).transpose(0, 1),
        ),
        Mistake(
            "heads side by side",
            "the heads' vectors lie side by side in one axis",
            "the order of the axes: batch, n_heads, seq, d_head",
            lambda x, W, b: _biased(_products(x, W), b).transpose(1, 2).flatten(2),
        ),
        Mistake(
            "positions summed",
            "the positions have been added up",
            "which letter disappears to the right of the arrow?",
            lambda x, W, b: _products(x, W).sum(2) + b,
        ),
        Mistake(
            "first prompt for all",
            "every prompt of the batch gets the first one's vectors",
            "an index 0 where the batch axis should stay",
            lambda x, W, b: _biased(_products(x[:1].expand_as(x), W), b),
        ),
        Mistake(
            "x without a head axis",
            "x @ W lines the prompts up with the heads: x has no axis for the heads yet",
            "where would x need an axis of size 1, so that every head meets every prompt?",
            lambda x, W, b: x @ W + b.unsqueeze(1),
        ),
        Mistake(
            "one prompt for each head",
            "prompts and heads share one axis, as if there were as many of one as of the other",
            "batch and n_heads need two names in einsum",
            lambda x, W, b: torch.einsum("hsm,hmd->hsd", x, W) + b.unsqueeze(1),
        ),
        Mistake(
            "scaled too early",
            "the result is divided by √d_head, which belongs to the scores alone",
            "where does attention_scores divide?",
            lambda x, W, b: _biased(_products(x, W), b) / W.shape[-1] ** 0.5,
        ),
    ),
)
