"""The answer key of `logit_lens`: HF's blocks, ln_f and lm_head."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected(*, config, weights, tokens):
    model = hf_model(config, weights)
    seen = run(model, tokens)[1]
    depths = [seen["embed"] + seen["pos_embed"], *(seen[f"blocks.{n}"] for n in range(config["n_layers"]))]
    return torch.stack([model.lm_head(model.transformer.ln_f(resid)) for resid in depths])


ANSWER_KEY = AnswerKey(
    check=checks.logit_lens,
    expected=_expected,
)
