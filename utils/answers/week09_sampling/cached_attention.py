"""The answer key of `cached_attention`: HF's attention over the whole sequence, cut into the pieces."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_attention import attend
from utils.checks import week09_sampling as checks


def _expected(*, model, pieces):
    blocks, news = model["weights"]["blocks"], [piece.shape[2] for piece in pieces]
    whole = [
        _whole(block["attn"], torch.cat([piece[layer] for piece in pieces], dim=1))
        for layer, block in enumerate(blocks)
    ]
    cut = [each.split(news, dim=1) for each in whole]
    return {
        f"piece {number}, layer {layer}": cut[layer][number - 1]
        for number in range(1, len(news) + 1)
        for layer in range(len(blocks))
    }


def _whole(attn, x):
    q, k, v = (
        torch.tensordot(x, attn[f"W_{letter}"], ([2], [1])).permute(0, 2, 1, 3) + attn[f"b_{letter}"][:, None]
        for letter in "QKV"
    )
    return torch.tensordot(attend(q, k, v)[0], attn["W_O"], ([1, 3], [0, 1])) + attn["b_O"]


ANSWER_KEY = AnswerKey(
    check=checks.cached_attention,
    expected=_expected,
    reference="HF's attention over everything at once",
)
