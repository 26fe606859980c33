"""The answer key of `qk_circuit`: HF's projection of queries and keys."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.week12_inside._one_head import filled_up, one_head
from utils.checks import week12_inside as checks


@torch.no_grad()
def _expected_qk(*, query, W_Q, W_K, key):
    attn, width = one_head(W_Q=W_Q, W_K=W_K)
    q = attn.c_attn(filled_up(query, width)).split(width, dim=-1)[0]
    k = attn.c_attn(filled_up(key, width)).split(width, dim=-1)[1]
    return torch.addmm(torch.zeros(len(q), len(k)), q, k.T, alpha=W_Q.shape[1] ** -0.5)


ANSWER_KEY = AnswerKey(
    check=checks.qk_circuit,
    expected=_expected_qk,
    reference="HF's projection",
)
