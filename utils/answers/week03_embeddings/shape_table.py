"""The answer key of week 3's shape table: the shapes of HF's GPT-2 small."""

import functools

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes
from utils.checks import week03_embeddings as checks


@functools.cache
def _expected_row(*, row):
    """Every row, from HF's own model on torch's meta device, where tensors have shapes and no numbers."""
    from transformers import GPT2Config, GPT2Model

    shapes = gpt2_small_shapes(batch=2, seq=6)
    with torch.device("meta"):
        model = GPT2Model(GPT2Config(n_layer=0))
    W_E, W_pos = tuple(model.wte.weight.shape), tuple(model.wpe.weight.shape)
    (d_vocab, d_model), tokens, resid = W_E, shapes["tokens"], shapes["x"]
    rows = {
        "tokens": tokens,
        "W_E": W_E,
        "W_pos": W_pos,
        "king": (d_model,),
        "token_vectors": resid,
        "pos_vectors": resid,
        "resid": resid,
        "similarities": (d_vocab,),
        "direction": (d_model,),
        "coordinates": tokens,
        "logits": shapes["logits"],
    }
    return rows[row]


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
)
