"""The answer key of `qk_circuit`: HF's projection of queries and keys."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week12_inside._one_head import filled_up, one_head
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected_qk(query, W_Q, W_K, key):
    attn, width = one_head(W_Q=W_Q, W_K=W_K)
    q = attn.c_attn(filled_up(query, width)).split(width, dim=-1)[0]
    k = attn.c_attn(filled_up(key, width)).split(width, dim=-1)[1]
    return torch.addmm(torch.zeros(len(q), len(k)), q, k.T, alpha=W_Q.shape[1] ** -0.5)


ANSWER_KEY = AnswerKey(
    check=checks.qk_circuit,
    expected=_expected_qk,
    reference="HF's projection",
    mistakes=(
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head",
            "week 5's scores had a divisor",
            lambda query, W_Q, W_K, key: query @ W_Q @ W_K.T @ key.T,
        ),
        Mistake(
            "scaled by √d_model",
            "the scores are divided by √d_model",
            "how many products does one score add up?",
            lambda query, W_Q, W_K, key: query @ W_Q @ W_K.T @ key.T / len(W_Q) ** 0.5,
        ),
        Mistake(
            "transposed",
            "rows are keys and columns queries",
            "row = query",
            lambda query, W_Q, W_K, key: (query @ W_Q @ W_K.T @ key.T / W_Q.shape[1] ** 0.5).T,
        ),
        Mistake(
            "W_Q and W_K swapped",
            "the query words go through W_K and the key words through W_Q",
            "which weight makes a query?",
            lambda query, W_Q, W_K, key: query @ W_K @ W_Q.T @ key.T / W_Q.shape[1] ** 0.5,
        ),
        Mistake(
            "W_Q for both",
            "both sides go through W_Q",
            "which weight makes a key?",
            lambda query, W_Q, W_K, key: query @ W_Q @ W_Q.T @ key.T / W_Q.shape[1] ** 0.5,
        ),
        Mistake(
            "softmax",
            "these are shares, after a softmax",
            "scores are asked for",
            lambda query, W_Q, W_K, key: _expected_qk(query, W_Q, W_K, key).softmax(-1),
        ),
        Mistake(
            "divided by d_head",
            "the scores are divided by d_head, not by its root",
            "week 5's scores had a divisor: which root was it?",
            lambda query, W_Q, W_K, key: query @ W_Q @ W_K.T @ key.T / W_Q.shape[1],
        ),
    ),
)
