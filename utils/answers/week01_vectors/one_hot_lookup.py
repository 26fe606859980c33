"""The answer key of `one_hot_lookup`: torch's one_hot and torch's embedding."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.checks import week01_vectors as checks


def _expected_lookup(*, tokens, W_E):
    rows = F.one_hot(tokens, len(W_E)).to(W_E.dtype)
    return {
        "one_hot, vectors": (rows, F.embedding(tokens, W_E)),
        "every row of W_E takes part": True,
    }


ANSWER_KEY = AnswerKey(
    check=checks.one_hot_lookup,
    expected=_expected_lookup,
    reference="torch's embedding",
)
