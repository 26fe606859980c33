"""The answer key of `frequency_penalty`: each row's tokens counted one by one in Python."""

from collections import Counter

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.week09_sampling._pieces import EXACT_LOGITS
from utils.checks import week09_sampling as checks


def _expected(*, logits, tokens, penalty):
    less = torch.zeros_like(logits)
    for row, ids in zip(less, tokens.tolist(), strict=True):
        for token, times in Counter(ids).items():
            row[token] = penalty * times
    return logits - less


ANSWER_KEY = AnswerKey(
    check=checks.frequency_penalty,
    expected=_expected,
    reference="counting one by one",
    tolerance=EXACT_LOGITS,
)
