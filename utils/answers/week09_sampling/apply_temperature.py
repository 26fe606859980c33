"""The answer key of `apply_temperature`: HF's TemperatureLogitsWarper; at 0, all for numpy's argmax."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import processed
from utils.answers.oracles.hf_generation import temperature as hf_temperature
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, normalise_hidden
from utils.checks import week09_sampling as checks


def _expected(*, logits, temperature):
    if temperature > 0:
        return processed(logits, hf_temperature(temperature))
    best = torch.from_numpy(logits.numpy().argmax(axis=-1, keepdims=True))
    return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)


ANSWER_KEY = AnswerKey(
    check=checks.apply_temperature,
    expected=_expected,
    reference="HF's TemperatureLogitsWarper",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
)
