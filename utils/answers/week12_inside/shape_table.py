"""The answer key of week 12's shape table: the shapes of HF's GPT-2 small as it runs without numbers."""

import functools

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_model import meta_model, run_meta_model
from utils.checks import week12_inside as checks

_SMALL = {
    "d_model": 768,
    "n_heads": 12,
    "d_mlp": 3072,
    "n_layers": 12,
    "d_vocab": 50257,
    "n_ctx": 1024,
    "layer_norm_eps": 1e-5,
}


@functools.cache
def _expected_row(*, row):
    """Return the shapes of HF's outputs for 2 prompts of length 6."""
    model = meta_model(_SMALL)
    output = run_meta_model(model, 2, 6, output_attentions=True, output_hidden_states=True)
    layers, logits, stream = len(output.attentions), tuple(output.logits.shape), output.hidden_states
    one, pattern = tuple(stream[0].shape), tuple(output.attentions[0].shape)
    batch, heads, seq, _ = pattern
    rows = {
        "attn_out": one,
        "stream": (len(stream), *one),
        "lens": (len(stream), *logits),
        "answers": (batch,),
        "term": (batch,),
        "pattern": pattern,
        "written": (batch, heads, seq, one[-1]),
        "difference": (batch,),
        "patching_map": (layers, seq),
        "zoo_score": (layers, heads),
    }
    return rows[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
