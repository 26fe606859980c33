"""The answer key of `PosEmbed`: HF's `wpe`, as HF's model uses it."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_embeddings import place_vectors
from utils.answers.week03_embeddings._pieces import with_spread_in_words
from utils.checks import week03_embeddings as checks
from utils.checks.measure.learned_parameters import SMALL_RANDOM


def _expected_pos_embed(*, tokens, W_pos, factors):
    learned = W_pos.index_add(0, torch.arange(tokens.shape[1]), factors.sum(dim=0), alpha=-1)
    return {
        "vectors": place_vectors(tokens, W_pos),
        "number of learned parameters": W_pos.numel(),
        "rows of W_pos with a gradient": list(range(tokens.shape[1])),
        "vectors after a step": place_vectors(tokens, learned),
        "first numbers": SMALL_RANDOM,
    }


ANSWER_KEY = AnswerKey(
    check=checks.PosEmbed,
    expected=_expected_pos_embed,
    observe=with_spread_in_words,
    reference="GPT-2's wpe",
)
