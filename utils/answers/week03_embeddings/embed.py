"""The answer key of `Embed`: HF's `wte`."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_embeddings import token_vectors
from utils.answers.week03_embeddings._pieces import with_spread_in_words
from utils.checks import week03_embeddings as checks
from utils.checks.measure.learned_parameters import SMALL_RANDOM


def _expected_embed(*, tokens, W_E, factors):
    learned = W_E.index_add(0, tokens.flatten(), factors.flatten(0, 1), alpha=-1)
    return {
        "vectors": token_vectors(tokens, W_E),
        "number of learned parameters": W_E.numel(),
        "rows of W_E with a gradient": tokens.unique().tolist(),
        "an id beyond the vocabulary": "an error",
        "vectors after a step": token_vectors(tokens, learned),
        "first numbers": SMALL_RANDOM,
    }


ANSWER_KEY = AnswerKey(
    check=checks.Embed,
    expected=_expected_embed,
    observe=with_spread_in_words,
    reference="GPT-2's wte",
)
