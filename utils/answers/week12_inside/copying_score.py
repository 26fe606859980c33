"""The answer key of `copying_score`: torch's topk of the logits of HF's attention on single words."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.week12_inside.ov_circuit import logits_of_words
from utils.checks import week12_inside as checks


def _expected_copying(*, read, W_V, W_O, said, k, at_once):
    first = logits_of_words(read=read, W_V=W_V, W_O=W_O, said=said).topk(k, dim=1).indices
    hits = torch.eq(first, torch.arange(len(read))[:, None]).any(dim=1)
    return {
        "score": hits.sum().item() / len(hits),
        "numbers in the largest tensor": checks.WITHIN,
    }


ANSWER_KEY = AnswerKey(
    check=checks.copying_score,
    expected=_expected_copying,
    reference="torch's topk",
)
