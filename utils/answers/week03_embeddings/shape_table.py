"""The answer key of week 3's shape table: the shapes of HF's GPT-2 small."""

import functools

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.shapes import gpt2_small_shapes, table_maker
from utils.checks import week03_embeddings as checks


@functools.cache
def _rows():
    """Every row, from HF's own model on torch's meta device, where tensors have shapes and no numbers."""
    from transformers import GPT2Config, GPT2Model

    shapes = gpt2_small_shapes(batch=2, seq=6)
    with torch.device("meta"):
        model = GPT2Model(GPT2Config(n_layer=0))
    W_E, W_pos = tuple(model.wte.weight.shape), tuple(model.wpe.weight.shape)
    (d_vocab, d_model), tokens, resid = W_E, shapes["tokens"], shapes["x"]
    return {
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


def _expected_row(row):
    return _rows()[row]


_table = table_maker(checks.shape_table, _expected_row)


ANSWER_KEY = AnswerKey(
    check=checks.shape_table,
    expected=_expected_row,
    reference="GPT-2 small's own shapes",
    tolerance=EXACT,
    secret=True,
    mistakes=(
        Mistake(
            "one prompt's positions",
            "PosEmbed gives every prompt in the batch its own copy",
            "which shape did the exercise ask of PosEmbed?",
            _table(pos_vectors=(6, 768)),
        ),
        Mistake(
            "batch forgotten",
            "the batch axis is missing: there are 2 prompts",
            "how many prompts are in the batch?",
            _table(
                tokens=(6,),
                token_vectors=(6, 768),
                pos_vectors=(6, 768),
                resid=(6, 768),
                coordinates=(6,),
                logits=(6, 50257),
            ),
        ),
        Mistake(
            "ids as one-hot rows",
            "a token is one integer here, not a row of the vocabulary's size",
            "tokens holds ids",
            _table(tokens=(2, 6, 50257)),
        ),
        Mistake(
            "W_E transposed",
            "W_E has a row for each token of the vocabulary",
            "rows first, then columns: what does a row of W_E belong to?",
            _table(W_E=(768, 50257)),
        ),
        Mistake(
            "W_pos transposed",
            "W_pos has a row for each position that there can be",
            "rows first, then columns: what does a row of W_pos belong to?",
            _table(W_pos=(768, 1024)),
        ),
        Mistake(
            "W_pos as long as the prompt",
            "W_pos has a row for every position that the model can hold, not for the prompt's alone",
            "GPT-2's n_ctx",
            _table(W_pos=(6, 768)),
        ),
        Mistake(
            "W_pos as long as the vocabulary",
            "W_pos has a row for each position, not for each token",
            "GPT-2's n_ctx",
            _table(W_pos=(50257, 768)),
        ),
        Mistake(
            "one token's vector with an axis too many",
            "one row of W_E has one axis",
            "W_E[5] or W_E[[5]]?",
            _table(king=(1, 768)),
        ),
        Mistake(
            "every position there is",
            "a prompt of 6 tokens takes 6 position vectors, not all of them",
            "how many positions does the prompt have?",
            _table(pos_vectors=(2, 1024, 768)),
        ),
        Mistake(
            "vectors side by side",
            "token and place are added, so that the vector stays as long as it was",
            "a sum has the shape of its terms",
            _table(resid=(2, 6, 1536)),
        ),
        Mistake(
            "similarities with d_model",
            "there is one similarity for each token of the vocabulary; d_model has been summed away",
            "how many tokens is the vector compared with?",
            _table(similarities=(768,)),
        ),
        Mistake(
            "similarities of all with all",
            "one vector is compared with every token, not every token with every token",
            "one number for each token",
            _table(similarities=(50257, 50257)),
        ),
        Mistake(
            "a direction for each pair",
            "the pairs are averaged: there is one direction",
            "what did gender_direction return?",
            _table(direction=(5, 768)),
        ),
        Mistake(
            "coordinates as vectors",
            "a coordinate is one number for each token; d_model has been summed away",
            "what did coordinate_along return?",
            _table(coordinates=(2, 6, 768)),
        ),
        Mistake(
            "logits of d_model",
            "there is a logit for every token of the vocabulary",
            "what does each position's vector meet in the unembedding?",
            _table(logits=(2, 6, 768)),
        ),
        Mistake(
            "last position's logits",
            "every position has logits, not only the last",
            "what happened to the positions?",
            _table(logits=(2, 50257)),
        ),
    ),
)
