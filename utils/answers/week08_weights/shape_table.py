"""The answer key of week 8's shape table: the shapes in HF's GPT-2 small, and in the course's form."""

from dataclasses import asdict

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes
from utils.answers.week08_weights import _course, _hf
from utils.checks import week08_weights as checks
from utils.reference import CONFIGS

_HF_NAMES = {
    "wte_weight": "transformer.wte.weight",
    "c_attn_weight": "transformer.h.0.attn.c_attn.weight",
    "c_attn_bias": "transformer.h.0.attn.c_attn.bias",
    "c_fc_weight": "transformer.h.0.mlp.c_fc.weight",
}


def _expected_row(*, row):
    small = CONFIGS["gpt2"]
    theirs = _hf.shapes(asdict(small))
    if row in _HF_NAMES:
        return theirs[_HF_NAMES[row]]
    batch, seq, d_vocab = gpt2_small_shapes(batch=2, seq=6)["logits"]
    if row in {"logits", "losses"}:
        return (batch, seq, d_vocab) if row == "logits" else (batch, seq - 1)
    for name, shape in theirs.items():
        for target, ours in _in_our_form(name, shape, small.n_heads):
            if target.startswith("blocks.0.") and target.endswith(f".{row}"):
                return ours
    raise KeyError(row)


def _in_our_form(name, shape, n_heads):
    forms = _course.forms(name=name, tensor=torch.empty(shape, device="meta"), n_heads=n_heads)
    return zip(_course.ours(name), (tuple(form.shape) for form in forms), strict=True)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
