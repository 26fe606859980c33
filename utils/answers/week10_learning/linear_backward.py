"""The answer key of `linear_backward`: autograd through torch's linear layer, in float64."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _expected(grad_out, x, W):
    bias = torch.zeros(W.shape[1], dtype=W.dtype)
    return gradients(lambda x, W, b: F.linear(x, W.mT, b), [x, W, bias], grad_out)


def _input(grad_out, x, W):
    return torch.tensordot(grad_out, W, dims=([2], [1]))


def _weight(grad_out, x, W):
    return torch.tensordot(x, grad_out, dims=([0, 1], [0, 1]))


def _bias(grad_out, x, W):
    return grad_out.flatten(0, 1).sum(0)


def _with(input=_input, weight=_weight, bias=_bias):
    """One of the three computed in another way."""
    return lambda grad_out, x, W: tuple(each(grad_out, x, W) for each in (input, weight, bias))


def _per_prompt(grad_out, x, W):
    return torch.bmm(x.mT, grad_out)


ANSWER_KEY = AnswerKey(
    check=checks.linear_backward,
    expected=_expected,
    outputs=("grad_x", "grad_W", "grad_b"),
    reference="torch's autograd in float64",
    mistakes=(
        Mistake(
            "W not turned over",
            "grad_x is made with W as it is; the way back needs its columns",
            "grad_out has d_out numbers at each position, and grad_x must have d_in",
            _with(input=lambda grad_out, x, W: grad_out.matmul(W)),
        ),
        Mistake(
            "grad_W transposed",
            "grad_W has its axes in the other order",
            "the gradient of a tensor has its shape: d_in d_out",
            _with(weight=lambda *given: _weight(*given).T),
        ),
        Mistake(
            "grad_W for each prompt",
            "grad_W has a batch axis: W is one for all prompts, so what they say is added up",
            "which axes does W not have?",
            _with(weight=_per_prompt),
        ),
        Mistake(
            "grad_W averaged over the batch",
            "the prompts' shares of grad_W are averaged",
            "W works in every prompt: do its effects on the loss add up, or does each count half?",
            _with(weight=lambda *given: _per_prompt(*given).mean(0)),
        ),
        Mistake(
            "grad_W of the first prompt",
            "only the first prompt has a say in grad_W",
            "did an index [0] stay behind?",
            _with(weight=lambda *given: _per_prompt(*given)[0]),
        ),
        Mistake(
            "grad_W of the last position",
            "only the last position has a say in grad_W",
            "at how many positions does W work?",
            _with(weight=lambda grad_out, x, W: x[:, -1].T.matmul(grad_out[:, -1])),
        ),
        Mistake(
            "grad_W averaged over the tokens",
            "grad_W is divided by the number of tokens",
            "the mean belongs to the loss, and is in grad_out already",
            _with(weight=lambda *given: _weight(*given) / given[0][..., 0].numel()),
        ),
        Mistake(
            "grad_W without x",
            "grad_W does not depend on x",
            "how much does the output change with W[i, j]? That depends on one of the inputs",
            _with(weight=lambda grad_out, x, W: _bias(grad_out, x, W).expand_as(W)),
        ),
        Mistake(
            "grad_W without grad_out",
            "grad_W does not depend on grad_out: it is the sum of the inputs",
            "whatever comes back is multiplied by what came from behind",
            _with(weight=lambda grad_out, x, W: x.sum((0, 1))[:, None].expand_as(W)),
        ),
        Mistake(
            "W decays",
            "W itself is added to grad_W",
            "weight decay is the optimiser's business",
            _with(weight=lambda grad_out, x, W: _weight(grad_out, x, W) + W),
        ),
        Mistake(
            "grad_b for each prompt",
            "grad_b has a batch axis: the bias is one for all prompts",
            "which axes does b not have?",
            _with(bias=lambda grad_out, x, W: grad_out.sum(1)),
        ),
        Mistake(
            "grad_b for each position",
            "grad_b has a seq axis: the bias is one for all positions",
            "which axes does b not have?",
            _with(bias=lambda grad_out, x, W: grad_out.sum(0)),
        ),
        Mistake(
            "grad_b averaged",
            "grad_b is the mean over the tokens, not the sum",
            "the bias works at every position: its effects on the loss add up",
            _with(bias=lambda grad_out, x, W: grad_out.mean((0, 1))),
        ),
        Mistake(
            "grad_b averaged over the batch",
            "grad_b is summed over the positions and averaged over the prompts",
            "the bias works in every prompt: its effects on the loss add up",
            _with(bias=lambda grad_out, x, W: grad_out.sum(1).mean(0)),
        ),
        Mistake(
            "grad_b is grad_out",
            "grad_b is grad_out itself",
            "the gradient of a tensor has its shape: d_out numbers",
            _with(bias=lambda grad_out, x, W: grad_out.clone()),
        ),
        Mistake(
            "grad_b with its axes kept",
            "grad_b has the shape (1, 1, d_out)",
            "does keepdim stand somewhere?",
            _with(bias=lambda grad_out, x, W: grad_out.sum((0, 1), keepdim=True)),
        ),
        Mistake(
            "grad_b counts the tokens",
            "grad_b does not depend on grad_out: it is the number of tokens",
            "whatever comes back is multiplied by what came from behind",
            _with(bias=lambda grad_out, x, W: torch.ones_like(grad_out).sum((0, 1))),
        ),
        Mistake(
            "order swapped",
            "grad_W comes before grad_x",
            "the order in the return line: grad_x, grad_W, grad_b",
            lambda *given: (_weight(*given), _input(*given), _bias(*given)),
        ),
        Mistake(
            "everything averaged over the batch",
            "grad_W and grad_b are both averaged over the prompts",
            "the mean belongs to the loss, and is in grad_out already",
            _with(
                weight=lambda *given: _per_prompt(*given).mean(0),
                bias=lambda grad_out, x, W: grad_out.sum(1).mean(0),
            ),
        ),
        Mistake(
            "the sign",
            "all three signs are turned round: gradients point uphill, the optimiser goes down",
            "who subtracts?",
            lambda *given: tuple(-each(*given) for each in (_input, _weight, _bias)),
        ),
        Mistake(
            "no grad_b",
            "two gradients come back; the bias has one, too",
            "three things go into a linear layer: x, W and b",
            lambda *given: (_input(*given), _weight(*given)),
        ),
    ),
)
