"""The answer key of `head_attribution`: what HF's attention gives with all other heads silenced, through its
frozen LayerNorm.
"""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import one_attention, run
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._frozen_norm import shrinkage, term
from utils.answers.week12_inside.direct_logit_attribution import TERMS
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected(*, config, weights, tokens, right, wrong):
    model = hf_model(config, weights)
    seen, ln_f, rows = run(model, tokens)[1], model.transformer.ln_f, model.lm_head.weight
    shrink = shrinkage(ln_f, seen[f"blocks.{config['n_layers'] - 1}"][:, -1])
    layers = []
    for layer in range(config["n_layers"]):
        alone = one_attention(model, seen[f"blocks.{layer}.ln_1"], layer)[1][:, :, -1].unbind(dim=1)
        terms = [[term(ln_f, each, shrink, rows[ids]) for ids in (right, wrong)] for each in alone]
        layers.append(torch.stack([torch.sub(*both) for both in terms], dim=-1))
    return torch.stack(layers, dim=1)


ANSWER_KEY = AnswerKey(
    check=checks.head_attribution,
    expected=_expected,
    tolerance=TERMS,
    reference="GPT-2 with one head at a time",
)
