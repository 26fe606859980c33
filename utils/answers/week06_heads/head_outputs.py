"""The answer key of `head_outputs`: HF's `c_proj` on one head at a time, the others set to 0."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week06_heads as checks


@torch.no_grad()
def _expected_outputs(z, W_O):
    from transformers.pytorch_utils import Conv1D

    heads, d_head, d_model = W_O.shape
    c_proj = Conv1D(d_model, heads * d_head)
    c_proj.weight.copy_(torch.cat(list(W_O)))
    c_proj.bias.zero_()
    outputs = []
    for head in range(heads):
        alone = torch.zeros_like(z)
        alone[:, head] = z[:, head]
        outputs.append(c_proj(torch.cat(alone.unbind(1), dim=-1)))
    return torch.stack(outputs, dim=1)


def _written(z, W_O):
    return torch.stack([each.matmul(W) for each, W in zip(z.unbind(1), W_O, strict=True)], dim=1)


def _by_matrices(change):
    """A mistake in which matrix a head writes by."""
    return lambda z, W_O: _written(z, change(W_O))


ANSWER_KEY = AnswerKey(
    check=checks.head_outputs,
    expected=_expected_outputs,
    reference="GPT-2's c_proj",
    mistakes=(
        Mistake(
            "heads summed",
            "the heads have been added up already",
            "which letter disappears to the right of the arrow? Here every head is to be seen by itself",
            lambda z, W_O: _written(z, W_O).sum(1),
        ),
        Mistake(
            "heads averaged",
            "the heads have been averaged",
            "which letter disappears to the right of the arrow? Here every head is to be seen by itself",
            lambda z, W_O: _written(z, W_O).mean(1),
        ),
        Mistake(
            "the sum for every head",
            "every head is given what all of them write together",
            "only head h goes through W_O[h]",
            lambda z, W_O: _written(z, W_O).sum(1, keepdim=True).expand(-1, len(W_O), -1, -1),
        ),
        Mistake(
            "divided by n_heads",
            "each head's vector is divided by the number of heads",
            "the heads add up in GPT-2; nobody takes their mean",
            lambda z, W_O: _written(z, W_O) / len(W_O),
        ),
        Mistake(
            "first head's matrix for all",
            "every head writes by the matrix of head 0",
            "W_O has a matrix for each head",
            _by_matrices(lambda W_O: W_O[:1].expand_as(W_O)),
        ),
        Mistake(
            "all matrices for every head",
            "every head writes by the sum of all matrices: the head axis of W_O is summed by itself",
            "the head axis of z and that of W_O are the same: give them one name",
            _by_matrices(lambda W_O: W_O.sum(0, keepdim=True).expand_as(W_O)),
        ),
        Mistake(
            "all heads through every matrix",
            "every matrix gets the sum of all heads: the head axis of z is summed by itself",
            "the head axis of z and that of W_O are the same: give them one name",
            lambda z, W_O: _written(z.sum(1, keepdim=True).expand_as(z), W_O),
        ),
        Mistake(
            "heads in reverse",
            "the matrices are used from the last head to the first",
            "head 0 writes by W_O[0]",
            _by_matrices(lambda W_O: W_O.flip(0)),
        ),
        Mistake(
            "matrices read as transposed",
            "each matrix is read as [d_model, d_head] and turned over",
            "W_O maps d_head to d_model already",
            _by_matrices(lambda W_O: W_O.reshape(len(W_O), W_O.shape[2], W_O.shape[1]).mT),
        ),
        Mistake(
            "heads' numbers alternate",
            "W_O is read as if the heads' numbers alternated along its first axes",
            "W_O[h] holds the rows of head h, all in one place",
            _by_matrices(lambda W_O: W_O.reshape(W_O.shape[1], len(W_O), -1).transpose(0, 1)),
        ),
        Mistake(
            "heads after positions",
            "the head axis comes after the positions",
            "the order of the axes: batch, n_heads, seq, d_model",
            lambda z, W_O: _written(z, W_O).transpose(1, 2),
        ),
        Mistake(
            "heads before the batch",
            "the head axis comes before the batch",
            "the order of the axes: batch, n_heads, seq, d_model",
            lambda z, W_O: _written(z, W_O).transpose(0, 1),
        ),
        Mistake(
            "heads side by side",
            "the heads' vectors lie side by side in one axis",
            "each head writes to the whole stream: d_model numbers, under an index of its own",
            lambda z, W_O: _written(z, W_O).transpose(1, 2).flatten(2),
        ),
        Mistake(
            "positions as heads",
            "position 0 goes through W_O[0], position 1 through W_O[1]: positions are taken for heads",
            "which axis of z counts the heads?",
            lambda z, W_O: torch.einsum("bhsd,sdm->bhsm", z, W_O),
        ),
        Mistake(
            "positions summed",
            "the positions have been added up",
            "each head writes at every position: which axis has gone?",
            lambda z, W_O: _written(z, W_O).sum(2),
        ),
        Mistake(
            "first prompt for all",
            "every prompt of the batch gets what the heads write for the first",
            "an index 0 where the batch axis should stay",
            lambda z, W_O: _written(z[:1].expand_as(z), W_O),
        ),
        Mistake(
            "z itself",
            "z comes back as it was, d_head numbers wide",
            "a head reads in d_head numbers and writes in d_model: which matrix leads from one to the other?",
            lambda z, W_O: z,
        ),
    ),
)
