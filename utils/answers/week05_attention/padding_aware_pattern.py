"""The answer key of `padding_aware_pattern`: HF's mask with padding."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_attention import visible
from utils.checks import week05_attention as checks


def _expected_padding(*, scores, is_token):
    query, key = scores.shape[-2:]
    mask = visible(query, key, is_token)
    pattern = scores.double().masked_fill(~mask, -torch.inf).softmax(-1).nan_to_num(0.0)
    return pattern.float()


ANSWER_KEY = AnswerKey(
    check=checks.padding_aware_pattern,
    expected=_expected_padding,
    reference="HF's mask",
)
