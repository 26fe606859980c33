"""The answer key of `logit_difference`: torch's gather, twice."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week12_inside as checks


def _expected(*, logits, right, wrong):
    pairs = torch.stack([right, wrong], dim=1)
    chosen = torch.gather(logits[:, -1], 1, pairs)
    return torch.sub(chosen[:, 0], chosen[:, 1])


ANSWER_KEY = AnswerKey(
    check=checks.logit_difference,
    expected=_expected,
    reference="torch's gather",
)
