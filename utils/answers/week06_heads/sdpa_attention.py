"""The answer key of `sdpa_attention`: HF's eager attention, which does not use torch's function."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_attention import attend
from utils.answers.week06_heads._attend import read, seen
from utils.checks import week06_heads as checks


def _expected_sdpa(q, k, v):
    return {"z": attend(q, k, v)[0], "calls scaled_dot_product_attention": True}


def _visible(q, k):
    return seen(q.matmul(k.mT))


def _asked(q, k, v, mask=_visible, **options):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask(q, k), **options)


ANSWER_KEY = AnswerKey(
    check=checks.sdpa_attention,
    expected=_expected_sdpa,
    mistakes=(
        Mistake(
            "no mask",
            "the queries see the future: torch's function hides nothing unless it is told to",
            "which of its arguments speak of a mask?",
            lambda q, k, v: F.scaled_dot_product_attention(q, k, v),
        ),
        Mistake(
            "is_causal with fewer queries",
            "with fewer queries than keys, is_causal takes the first query for the first position",
            "here the queries are the last positions: which argument takes a mask of your own?",
            lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        ),
        Mistake(
            "mask inverted",
            "what should be hidden is shown, and the other way round",
            "a boolean attn_mask is True where a query may look; masked_fill has it the other way round",
            lambda q, k, v: _asked(q, k, v, mask=lambda q, k: ~_visible(q, k)),
        ),
        Mistake(
            "mask of ones and zeros",
            "a mask of floats is added to the scores: ones and zeros hide nothing",
            "boolean, or 0 and −inf",
            lambda q, k, v: _asked(q, k, v, mask=lambda q, k: _visible(q, k).to(q)),
        ),
        Mistake(
            "own position hidden",
            "a query cannot see its own position",
            "on which diagonal does the future begin?",
            lambda q, k, v: (
                read(q, k, v, visible=lambda s: seen(s, first=s.shape[-1] - s.shape[-2] - 1))
                + 0 * _asked(q, k, v)
            ),
        ),
        Mistake(
            "one token of the future shown",
            "each query sees one key too many",
            "on which diagonal does the future begin?",
            lambda q, k, v: _asked(
                q, k, v, mask=lambda q, k: seen(q.matmul(k.mT), first=k.shape[-2] - q.shape[-2] + 1)
            ),
        ),
        Mistake(
            "past hidden",
            "the queries see only themselves and the future",
            "triu or tril: which of them keeps the past?",
            lambda q, k, v: _asked(
                q, k, v, mask=lambda q, k: seen(q.matmul(k.mT), k.shape[-2] - q.shape[-2] - 1).logical_not()
            ),
        ),
        Mistake(
            "shifted the wrong way",
            "with fewer queries than keys, the mask has moved to the left, not to the right",
            "the first query has the most keys before it",
            lambda q, k, v: _asked(
                q, k, v, mask=lambda q, k: seen(q.matmul(k.mT), first=q.shape[-2] - k.shape[-2])
            ).nan_to_num(0.0),
        ),
        Mistake(
            "scaled twice",
            "the queries are divided by √d_head, and torch's function divides again",
            "what does torch's function do to the scores by itself?",
            lambda q, k, v: _asked(q / q.shape[-1] ** 0.5, k, v),
        ),
        Mistake(
            "scale of 1",
            "the scores are not divided by anything: scale=1 has taken the place of torch's own",
            "what does torch's function do to the scores if `scale` is left out?",
            lambda q, k, v: _asked(q, k, v, scale=1.0),
        ),
        Mistake(
            "scale upside down",
            "the scores are multiplied by √d_head: `scale` is a factor",
            "what does torch's function do to the scores if `scale` is left out?",
            lambda q, k, v: _asked(q, k, v, scale=q.shape[-1] ** 0.5),
        ),
        Mistake(
            "dropout",
            "some attention is dropped at random",
            "which argument is not 0?",
            lambda q, k, v: _asked(q, k, v, dropout_p=0.1),
        ),
        Mistake(
            "keys read",
            "the keys are handed over twice, where the values should be",
            "the order of the arguments: query, key, value",
            lambda q, k, v: _asked(q, k, k),
        ),
        Mistake(
            "positions and heads swapped",
            "the result has the positions before the heads",
            "torch's function keeps the order of the axes: is anything transposed afterwards?",
            lambda q, k, v: _asked(q, k, v).transpose(1, 2),
        ),
        Mistake(
            "heads side by side",
            "the heads have been joined into one axis",
            "z has an axis for the heads: joining them is W_O's business",
            lambda q, k, v: _asked(q, k, v).transpose(1, 2).flatten(2),
        ),
        Mistake(
            "without torch's function",
            "z is right, but F.scaled_dot_product_attention was never called",
            "this exercise is about that very function",
            read,
        ),
        Mistake(
            "mask on the CPU",
            "the mask is made on the CPU whatever the queries' device: on a GPU this line would fail",
            "torch.ones and its like take device=q.device",
            lambda q, k, v: _asked(
                q,
                k,
                v,
                mask=lambda q, k: torch.ones(q.shape[-2], k.shape[-2]).tril(k.shape[-2] - q.shape[-2]) > 0,
            ),
        ),
    ),
)
