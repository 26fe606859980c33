"""The answer key of week 8's shape table: the shapes in HF's GPT-2 small, and in the course's form."""

from dataclasses import asdict

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes, table_maker
from utils.answers.week08_weights import _course, _hf
from utils.checks import week08_weights as checks
from utils.reference import CONFIGS

_HF_NAMES = {
    "wte_weight": "transformer.wte.weight",
    "c_attn_weight": "transformer.h.0.attn.c_attn.weight",
    "c_attn_bias": "transformer.h.0.attn.c_attn.bias",
    "c_fc_weight": "transformer.h.0.mlp.c_fc.weight",
}


def _expected_row(row):
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
    forms = _course.forms(name, torch.empty(shape, device="meta"), n_heads)
    return zip(_course.ours(name), (tuple(form.shape) for form in forms), strict=True)


_table = table_maker(checks.shape_table, _expected_row)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        Mistake(
            "Conv1D's axes swapped",
            "HF's Conv1D keeps (inputs, outputs)",
            "the inputs are d_model long: which axis comes first?",
            _table(c_attn_weight=(2304, 768), c_fc_weight=(3072, 768)),
        ),
        Mistake(
            "one third of c_attn",
            "c_attn holds q's, k's and v's columns side by side",
            "three of them",
            _table(c_attn_weight=(768, 768), c_attn_bias=(768,)),
        ),
        Mistake(
            "one head of c_attn",
            "c_attn holds q, k and v of all heads",
            "3 · d_head would be a single head's",
            _table(c_attn_weight=(768, 192), c_attn_bias=(192,)),
        ),
        Mistake(
            "all heads in one matrix",
            "the machine keeps the heads apart, on a first axis",
            "the shapes of week 6",
            _table(W_Q=(768, 768), b_Q=(768,), W_O=(768, 768)),
        ),
        Mistake(
            "one head's matrix",
            "the row asks for all heads together",
            "which axis counts the heads?",
            _table(W_Q=(768, 64), b_Q=(64,), W_O=(64, 768)),
        ),
        Mistake(
            "d_head before d_model in W_Q",
            "W_Q maps d_model to d_head, in each head",
            "inner sizes meet: (…, d_model) @ (d_model, d_head)",
            _table(W_Q=(12, 64, 768)),
        ),
        Mistake(
            "d_model before d_head in W_O",
            "W_O maps d_head back to d_model, in each head",
            "inner sizes meet: (…, d_head) @ (d_head, d_model)",
            _table(W_O=(12, 768, 64)),
        ),
        Mistake(
            "heads last",
            "the head axis comes first",
            "the shapes of week 6",
            _table(W_Q=(768, 64, 12), b_Q=(64, 12), W_O=(64, 768, 12)),
        ),
        Mistake(
            "W_in transposed",
            "W_in maps d_model to d_mlp, as HF's c_fc does",
            "inner sizes meet: (…, d_model) @ (d_model, d_mlp)",
            _table(W_in=(3072, 768)),
        ),
        Mistake(
            "embedding transposed",
            "wte is a table with a row for every token",
            "how many rows does it have?",
            _table(wte_weight=(768, 50257)),
        ),
        Mistake(
            "as many losses as tokens",
            "nobody guesses the first token",
            "6 tokens, and how many guesses?",
            _table(losses=(2, 6)),
        ),
        Mistake(
            "a loss for every token of the vocabulary",
            "a loss is one number for each guess",
            "what became of the vocabulary axis?",
            _table(losses=(2, 5, 50257)),
        ),
        Mistake(
            "logits of the last position",
            "the machine gives logits at every position",
            "the axes of the logits in week 7",
            _table(logits=(2, 50257)),
        ),
        Mistake(
            "one loss for all",
            "the losses are not averaged yet",
            "one for each guess",
            _table(losses=(2,)),
        ),
    ),
)
