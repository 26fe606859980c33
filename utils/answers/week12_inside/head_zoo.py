"""The answer key of `head_zoo`: scores counted number by number in HF's own patterns."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import patterns
from utils.answers.oracles.hf_model import hf_model
from utils.checks import week12_inside as checks


def _expected(*, config, weights, tokens, start, period):
    found = patterns(hf_model(config, weights), tokens)
    queries = range(tokens.shape[1])
    pairs = {
        "previous token": [(i, i - 1) for i in queries if i >= 1],
        "first token": [(i, 0) for i in queries if i >= 1],
        "induction": [(i, i - period + 1) for i in queries if i >= start + period],
    }
    return {kind: _mean_of(found, chosen).mean(dim=1) for kind, chosen in pairs.items()}


def _mean_of(found, pairs):
    return torch.stack([found[..., query, key] for query, key in pairs]).mean(dim=0)


ANSWER_KEY = AnswerKey(
    check=checks.head_zoo,
    expected=_expected,
)
