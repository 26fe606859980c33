"""The answer key of `steer`: HF's model with the direction added by a hook of HF's side."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside.ablate_head import LOGITS
from utils.checks import week12_inside as checks


def _expected(*, config, weights, tokens, name, position, direction, coefficient):
    model = hf_model(config, weights)

    def push(output):
        here = (torch.arange(output.shape[1]) == position).float()
        return torch.addcmul(output, here[:, None], direction, value=coefficient)

    return {
        "logits": run(model, tokens, [(name, push)])[0],
        "logits of a plain run afterwards": run(model, tokens)[0],
    }


ANSWER_KEY = AnswerKey(
    check=checks.steer,
    expected=_expected,
    tolerance=LOGITS,
    reference="GPT-2 with the same vector added",
)
