"""The answer key of `top_k_filter`: HF's TopKLogitsWarper."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import processed, top_k
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, kth, normalise_hidden, without
from utils.checks import week09_sampling as checks


def _expected(logits, k):
    return processed(logits, top_k(k))


def _capped(wrong):
    """k is at most the size of the vocabulary."""
    return lambda logits, k: wrong(logits, min(k, logits.shape[-1]))


def _not_among_the_ids(logits, k):
    """Keep exactly k logits, those at the ids that topk returns."""
    return without(
        logits, torch.ones_like(logits, dtype=torch.bool).scatter(-1, logits.topk(k).indices, False)
    )


def _everywhere(logits, k):
    flat = logits.flatten()
    return without(logits, logits < kth(flat, min(k, len(flat))))


ANSWER_KEY = AnswerKey(
    check=checks.top_k_filter,
    expected=_expected,
    reference="HF's TopKLogitsWarper",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
    mistakes=(
        Mistake(
            "one too many",
            "k + 1 tokens are left",
            "counting from 0, at which place does the k-th largest stand?",
            _capped(lambda logits, k: without(logits, logits < kth(logits, min(k + 1, logits.shape[-1])))),
        ),
        Mistake(
            "the k-th is gone",
            "the k-th largest is cut off, too: k − 1 tokens are left",
            "at the border: is a logit that equals the k-th largest kept?",
            _capped(lambda logits, k: without(logits, logits <= kth(logits, k))),
        ),
        Mistake(
            "equal ones dropped",
            "of several tokens as probable as the k-th, some are gone and some are left",
            "compare with the k-th largest value, so that equal logits are treated equally",
            _capped(_not_among_the_ids),
        ),
        Mistake(
            "k beyond the vocabulary",
            "a k that is larger than the vocabulary ends in an error",
            "how many tokens can be kept at most?",
            lambda logits, k: without(logits, logits < logits.topk(k).values[..., -1:]),
        ),
        Mistake(
            "the least probable kept",
            "the k smallest logits are left",
            "from which end of the sorted logits do you count?",
            _capped(lambda logits, k: without(logits, logits > -kth(-logits, k))),
        ),
        Mistake(
            "0 for the others",
            "the others get logit 0, and softmax gives them a share: e⁰ = 1",
            "which logit does softmax turn into exactly 0?",
            _capped(lambda logits, k: without(logits, logits < kth(logits, k), 0.0)),
        ),
        Mistake(
            "only the k logits",
            "the k largest logits are returned without their places: whose are they?",
            "the result has the input's shape; the others are hidden, not taken out",
            _capped(lambda logits, k: logits.sort(dim=-1, descending=True).values[..., :k]),
        ),
        Mistake(
            "one border for all rows",
            "the k largest of the whole batch are left, not of each row",
            "each row has a k-th largest of its own",
            _everywhere,
        ),
        Mistake(
            "the first row's border",
            "the first row's k-th largest is the border for all rows",
            "each row has a k-th largest of its own: keep the axis",
            _capped(lambda logits, k: without(logits, logits < kth(logits, k).flatten()[0])),
        ),
        Mistake(
            "probabilities returned",
            "softmax is taken here already; logits are asked for",
            "who draws takes the softmax: done twice it would flatten everything",
            _capped(lambda logits, k: without(logits, logits < kth(logits, k)).softmax(-1)),
        ),
        Mistake(
            "k as a share",
            "the border is the largest logit minus k, not the k-th largest",
            "k counts tokens",
            lambda logits, k: without(logits, logits < logits.amax(-1, keepdim=True) - k),
        ),
        Mistake(
            "nothing filtered",
            "all logits are still there",
            "which of them should be −inf?",
            lambda logits, k: logits.clone(),
        ),
        Mistake(
            "sorted",
            "the logits come back sorted: their places in the vocabulary are lost",
            "after sorting, a token's place is no longer its id",
            _capped(
                lambda logits, k: without(
                    logits.sort(dim=-1, descending=True).values,
                    torch.arange(logits.shape[-1]).to(logits) >= k,
                )
            ),
        ),
    ),
)
