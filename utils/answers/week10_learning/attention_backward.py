"""The answer key of `attention_backward`: autograd through torch's own causal attention, in float64."""

import math

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week10_learning._autograd import gradients
from utils.checks import week10_learning as checks


def _attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def _expected(grad_z, q, k, v):
    return gradients(_attention, [q, k, v], grad_z)


def _shares(q, k, causal=True, scale=None):
    seq = q.shape[-2]
    scores = q.matmul(k.mT) * (scale or 1 / math.sqrt(q.shape[-1]))
    hidden = torch.ones(seq, seq, dtype=torch.bool).triu(1)
    return (scores.masked_fill(hidden, -torch.inf) if causal else scores).softmax(-1)


def _through_softmax(shares, back):
    return shares * back - shares * torch.linalg.vecdot(shares, back).unsqueeze(-1)


def _wrong(
    shares=_shares,
    of_v=lambda shares, grad_z, v: torch.matmul(shares.mT, grad_z),
    back=lambda grad_z, v: torch.matmul(grad_z, v.mT),
    through=_through_softmax,
    scale=lambda width: width**-0.5,
    of_q=lambda of_scores, q, k: torch.matmul(of_scores, k),
    of_k=lambda of_scores, q, k: torch.matmul(of_scores.mT, q),
):
    """Return a backward pass in parts, of which each mistake replaces one."""

    def wrong(grad_z, q, k, v):
        pattern = shares(q, k)
        of_scores = through(pattern, back(grad_z, v)) * scale(q.shape[-1])
        return of_q(of_scores, q, k), of_k(of_scores, q, k), of_v(pattern, grad_z, v)

    return wrong


ANSWER_KEY = AnswerKey(
    check=checks.attention_backward,
    expected=_expected,
    outputs=("grad_q", "grad_k", "grad_v"),
    reference="torch's autograd in float64",
    mistakes=(
        Mistake(
            "√d_head forgotten",
            "grad_q and grad_k are √d_head times too large",
            "between q · k and the scores there is a division on the way forward",
            _wrong(scale=lambda width: 1.0),
        ),
        Mistake(
            "divided by d_head",
            "grad_q and grad_k are divided by d_head, not by its root",
            "which factor turns q · k into scores?",
            _wrong(scale=lambda width: 1 / width),
        ),
        Mistake(
            "multiplied by √d_head",
            "grad_q and grad_k are multiplied by √d_head",
            "a factor on the way forward is the same factor on the way back",
            _wrong(scale=lambda width: width**0.5),
        ),
        Mistake(
            "softmax without its sum",
            "the way back through the softmax multiplies by the shares and leaves it at that",
            "one score more takes from all other shares of its row: what has to be subtracted?",
            _wrong(through=lambda shares, back: shares * back),
        ),
        Mistake(
            "softmax skipped",
            "the gradient of the pattern is taken for that of the scores",
            "between scores and pattern lies a softmax",
            _wrong(through=lambda shares, back: back.tril()),
        ),
        Mistake(
            "softmax entry by entry",
            "the slope of the softmax is taken for p · (1 − p), each entry by itself",
            "one score changes all shares of its row, not its own alone",
            _wrong(through=lambda shares, back: shares * (1 - shares) * back),
        ),
        Mistake(
            "plain mean subtracted",
            "the plain mean of the row is subtracted, not the mean in the shares of the pattern",
            "in which shares does the softmax share out?",
            _wrong(through=lambda shares, back: shares * (back - back.mean(-1, keepdim=True))),
        ),
        Mistake(
            "sum over the queries",
            "what is subtracted is summed over the queries, not over the keys",
            "along which axis did the softmax run?",
            _wrong(through=lambda shares, back: shares * (back - (shares * back).sum(-2, keepdim=True))),
        ),
        Mistake(
            "shares forgotten in front",
            "the weighted mean is subtracted, but the difference is not multiplied by the shares",
            "how much does a score matter whose share is 0?",
            _wrong(through=lambda shares, back: (back - (shares * back).sum(-1, keepdim=True)).tril()),
        ),
        Mistake(
            "no mask",
            "the pattern is made without the causal mask",
            "which of your functions of week 5 gives the masked pattern?",
            _wrong(shares=lambda q, k: _shares(q, k, causal=False)),
        ),
        Mistake(
            "scores not scaled in the pattern",
            "the pattern is made of scores that are not divided by √d_head",
            "the same pattern as on the way forward",
            _wrong(shares=lambda q, k: _shares(q, k, scale=1.0)),
        ),
        Mistake(
            "pattern not turned over for v",
            "grad_v is made with the pattern's rows; a value is read by the queries in its column",
            "who has read value j, and how much of it?",
            _wrong(of_v=lambda shares, grad_z, v: torch.matmul(shares, grad_z)),
        ),
        Mistake(
            "grad_v is grad_z",
            "grad_v is grad_z itself, as if every query had read its own value alone",
            "who has read value j, and how much of it?",
            _wrong(of_v=lambda shares, grad_z, v: grad_z.clone()),
        ),
        Mistake(
            "grad_v with v",
            "grad_v is made with v in place of grad_z",
            "whatever comes back is made of what came from behind",
            _wrong(of_v=lambda shares, grad_z, v: torch.matmul(shares.mT, v)),
        ),
        Mistake(
            "scores not turned over for k",
            "grad_k is made with the rows of the scores' gradient; a key meets the queries in its column",
            "which queries has key j met?",
            _wrong(of_k=lambda of_scores, q, k: torch.matmul(of_scores, q)),
        ),
        Mistake(
            "scores turned over for q",
            "grad_q is made with the columns of the scores' gradient",
            "which keys has query i met?",
            _wrong(of_q=lambda of_scores, q, k: torch.matmul(of_scores.mT, k)),
        ),
        Mistake(
            "own vectors",
            "grad_q is made with q and grad_k with k",
            "in a product, the slope with respect to one factor is the other one",
            _wrong(
                of_q=lambda of_scores, q, k: torch.matmul(of_scores, q),
                of_k=lambda of_scores, q, k: torch.matmul(of_scores.mT, k),
            ),
        ),
        Mistake(
            "q and k swapped",
            "grad_k comes before grad_q",
            "the order in the return line: grad_q, grad_k, grad_v",
            lambda *given: tuple(_wrong()(*given)[place] for place in (1, 0, 2)),
        ),
        Mistake(
            "v first",
            "grad_v comes first",
            "the order in the return line: grad_q, grad_k, grad_v",
            lambda *given: tuple(_wrong()(*given)[place] for place in (2, 0, 1)),
        ),
        Mistake(
            "gradient of the pattern from q",
            "the pattern's gradient is made with grad_z and k; z was made of values",
            "which two tensors gave z?",
            lambda grad_z, q, k, v: _wrong(back=lambda grad_z, v: torch.matmul(grad_z, k.mT))(
                grad_z, q, k, v
            ),
        ),
    ),
)
