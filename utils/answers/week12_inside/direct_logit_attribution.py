"""The answer key of `direct_logit_attribution`: the outputs of HF's modules through its frozen LayerNorm."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import STEP, Tolerance
from utils.answers.oracles.hf_inside import run, writers_of
from utils.answers.oracles.hf_model import hf_model
from utils.answers.week12_inside._frozen_norm import shrinkage, term
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected(*, config, weights, tokens, answers):
    model = hf_model(config, weights)
    seen, ln_f = run(model, tokens)[1], model.transformer.ln_f
    names = writers_of(config["n_layers"])
    end = torch.stack([seen[name][:, -1] for name in names]).sum(dim=0)
    shrink = shrinkage(ln_f, end)
    rows = model.lm_head.weight[answers]
    terms = {name: term(ln_f, seen[name][:, -1], shrink, rows) for name in names}
    return terms | {"ln_f.bias": torch.linalg.vecdot(rows, ln_f.bias.expand_as(rows))}


TERMS = Tolerance(1e-4, 1e-4, "terms of a size of tens must add up to the logit", 128 * STEP)
ANSWER_KEY = AnswerKey(
    check=checks.direct_logit_attribution,
    expected=_expected,
    tolerance=TERMS,
)
