"""The answer key of `weighted_values`: torch's batch product in float64."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.checks import week05_attention as checks


def _expected_values(*, pattern, v):
    lead = pattern.shape[:-2]
    z = torch.bmm(pattern.reshape(-1, *pattern.shape[-2:]).double(), v.reshape(-1, *v.shape[-2:]).double())
    return z.float().reshape(*lead, *z.shape[-2:])


ANSWER_KEY = AnswerKey(
    check=checks.weighted_values,
    expected=_expected_values,
    reference="a matrix product in float64",
)
