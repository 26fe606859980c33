"""The answer key of `inside_attention`: HF's pattern, and HF's output while all other heads are silenced."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_inside import one_attention
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._pieces import face, scores, written_by
from utils.checks import week12_inside as checks


def _expected(config, weights, layer, x):
    return one_attention(hf_model(config, weights), x, layer)


def _by(pattern=lambda attn, x: scores(attn, x).softmax(-1), writes=written_by):
    """A mistake in the pattern, in what the heads write, or in both."""

    def wrong(attn, x):
        made = pattern(attn, x)
        return made, writes(attn, x, made)

    return wrong


def _unmasked(attn, x):
    q, k = face(attn, x, "Q"), face(attn, x, "K")
    return q @ k.mT / q.shape[-1] ** 0.5


def _masked(raw):
    return raw.masked_fill(torch.ones_like(raw, dtype=torch.bool).triu(1), -torch.inf).softmax(-1)


def _swapped(attn, x):
    return _masked(_unmasked(attn, x).mT)


def _sized(attn, x, size):
    return _masked(_unmasked(attn, x) * (face(attn, x, "Q").shape[-1] / size) ** 0.5)


def _without_biases(attn, x):
    q, k = (torch.einsum("bsm,hmd->bhsd", x, W) for W in (attn.W_Q, attn.W_K))
    return _masked(q @ k.mT / q.shape[-1] ** 0.5)


def _without_b_V(attn, x, pattern):
    return pattern @ torch.einsum("bsm,hmd->bhsd", x, attn.W_V) @ attn.W_O


def _reversed_O(attn, x, pattern):
    return pattern @ face(attn, x, "V") @ attn.W_O.flip(0)


ANSWER_KEY = AnswerKey(
    check=checks.inside_attention,
    expected=_expected,
    outputs=("pattern", "written"),
    mistakes=(
        Mistake(
            "scores for the pattern",
            "these are scores, before the softmax",
            "every row of a pattern adds up to 1",
            lambda attn, x: (_unmasked(attn, x), written_by(attn, x)),
        ),
        Mistake(
            "pattern transposed",
            "the pattern's rows are keys and its columns queries",
            "row = query, the token that looks",
            lambda attn, x: (scores(attn, x).softmax(-1).mT, written_by(attn, x)),
        ),
        Mistake(
            "q and k swapped",
            "the keys ask and the queries answer",
            "attention_pattern(q, k): in which order?",
            _by(_swapped),
        ),
        Mistake(
            "no mask",
            "the heads see the future",
            "which of your earlier functions masks, scales and shares out?",
            _by(lambda attn, x: _unmasked(attn, x).softmax(-1)),
        ),
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head",
            "which of your earlier functions masks, scales and shares out?",
            _by(lambda attn, x: _sized(attn, x, 1)),
        ),
        Mistake(
            "scaled by √d_model",
            "the scores are divided by √d_model",
            "how many products does one score add up?",
            _by(lambda attn, x: _sized(attn, x, x.shape[-1])),
        ),
        Mistake(
            "b_Q and b_K left out",
            "the queries and keys lack their biases",
            "each projection is a product plus its bias",
            _by(_without_biases),
        ),
        Mistake(
            "b_V left out",
            "the values lack their bias",
            "each projection is a product plus its bias",
            _by(writes=_without_b_V),
        ),
        Mistake(
            "b_O for every head",
            "every head's writing holds b_O, which belongs to no head",
            "the heads' writings plus b_O, once, are the module's output",
            _by(writes=lambda attn, x, pattern: written_by(attn, x, pattern) + attn.b_O),
        ),
        Mistake(
            "b_O shared out",
            "b_O is shared out among the heads; it belongs to none of them",
            "the heads' writings plus b_O, once, are the module's output",
            _by(writes=lambda attn, x, pattern: written_by(attn, x, pattern) + attn.b_O / len(attn.W_O)),
        ),
        Mistake(
            "z for what is written",
            "this is z, what each head reads; it has not been through W_O yet",
            "the last axis is d_model: which weight brings z there?",
            _by(writes=lambda attn, x, pattern: pattern @ face(attn, x, "V")),
        ),
        Mistake(
            "heads added up",
            "the heads are added up, so that nobody can tell them apart any more",
            "which axes does your einsum keep on the right?",
            _by(writes=lambda attn, x, pattern: written_by(attn, x, pattern).sum(1)),
        ),
        Mistake(
            "another head's W_O",
            "z of one head meets W_O of another",
            "in einsum, the head axis has the same name in both inputs",
            _by(writes=_reversed_O),
        ),
        Mistake(
            "keys used as values",
            "the heads read the keys where they should read the values",
            "which tensor does the pattern blend?",
            _by(writes=lambda attn, x, pattern: pattern @ face(attn, x, "K") @ attn.W_O),
        ),
        Mistake(
            "order swapped",
            "what is written comes first and the pattern second; the order is the other way round",
            "the order of the two in your return line",
            lambda attn, x: _by()(attn, x)[::-1],
        ),
    ),
)
