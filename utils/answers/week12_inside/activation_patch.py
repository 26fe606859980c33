"""The answer key of `activation_patch`: HF's model with the same vector put in by a hook of HF's side."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside.ablate_head import LOGITS
from utils.checks import week12_inside as checks


def _expected(*, config, weights, clean, corrupted, name, position):
    model = hf_model(config, weights)
    seen = run(model, clean)[1]

    def put(output):
        here = torch.arange(output.shape[1]) == position
        return torch.where(here[:, None], seen[name], output)

    logits, _ = run(model, corrupted, [(name, put)])
    return {"logits": logits, "logits of a plain run afterwards": run(model, corrupted)[0]}


ANSWER_KEY = AnswerKey(
    check=checks.activation_patch,
    expected=_expected,
    tolerance=LOGITS,
    reference="GPT-2 with the same vector patched",
)
