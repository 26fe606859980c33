"""The answer key of `ov_circuit`: the output of HF's attention on sequences of one word."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_model import additive_mask
from utils.answers.week12_inside._one_head import filled_up, one_head
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected_ov(read, W_V, W_O, said):
    attn, width = one_head(W_V=W_V, W_O=W_O)
    alone = filled_up(read, width)[:, None]  # a sequence of one word: all attention goes to it
    written = attn(alone, attention_mask=additive_mask(1))[0][:, 0, : read.shape[1]]
    return torch.nn.functional.linear(written, said)


ANSWER_KEY = AnswerKey(
    check=checks.ov_circuit,
    expected=_expected_ov,
    reference="HF's attention on single words",
    mistakes=(
        Mistake(
            "transposed",
            "rows are the words that are said and columns those that are read",
            "row = the word that the head reads",
            lambda read, W_V, W_O, said: (read @ W_V @ W_O @ said.T).T,
        ),
        Mistake(
            "W_O before W_V",
            "W_O comes before W_V: a head reads first and writes then",
            "whose inner sizes meet: d_model to d_head, and back",
            lambda read, W_V, W_O, said: read @ W_O.T @ W_V.T @ said.T,
        ),
        Mistake(
            "said for both",
            "the words that are said stand on both sides",
            "which words does the head read?",
            lambda read, W_V, W_O, said: said @ W_V @ W_O @ said.T,
        ),
        Mistake(
            "read for both",
            "the words that are read stand on both sides",
            "whose logits are raised?",
            lambda read, W_V, W_O, said: read @ W_V @ W_O @ read.T,
        ),
        Mistake(
            "not unembedded",
            "this is what the head writes, not which logits it raises",
            "the dot product with a word's row of W_E is that word's logit",
            lambda read, W_V, W_O, said: read @ W_V @ W_O,
        ),
        Mistake(
            "scaled",
            "the result is divided by √d_head, which belongs to the scores",
            "nothing is scaled on the way from value to logit",
            lambda read, W_V, W_O, said: read @ W_V @ W_O @ said.T / W_V.shape[1] ** 0.5,
        ),
        Mistake(
            "softmax",
            "these are shares, after a softmax",
            "logits are asked for",
            lambda read, W_V, W_O, said: (read @ W_V @ W_O @ said.T).softmax(-1),
        ),
        Mistake(
            "cosine similarity",
            "what is written is compared by its direction alone",
            "a logit is a dot product: lengths count",
            lambda read, W_V, W_O, said: torch.cosine_similarity(
                (read @ W_V @ W_O)[:, None], said[None], dim=-1
            ),
        ),
    ),
)
