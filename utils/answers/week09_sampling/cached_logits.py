"""The answer key of `cached_logits`: HF's logits for the whole text at once, cut into the pieces."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_model import run_hf_model
from utils.checks import week09_sampling as checks


def _expected(*, model, pieces):
    tokens = torch.cat(pieces, dim=1)
    logits = run_hf_model(**model, tokens=tokens)
    cut = logits.split([piece.shape[1] for piece in pieces], dim=1)
    said = {f"piece {number}": piece for number, piece in enumerate(cut, 1)}
    return {**said, "positions in the cache": tokens.shape[1]}


ANSWER_KEY = AnswerKey(
    check=checks.cached_logits,
    expected=_expected,
    reference="HF's logits for everything at once",
)
