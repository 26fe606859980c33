"""The answer key of `embed_tokens`: the input of the first block of HF's model."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_embeddings import first_resid
from utils.checks import week03_embeddings as checks

ANSWER_KEY = AnswerKey(
    check=checks.embed_tokens,
    expected=lambda *, tokens, W_E, W_pos: first_resid(tokens, W_E, W_pos),
)
