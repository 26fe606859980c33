"""The answer key of `cosine_similarity`: torch.nn.functional.cosine_similarity on every pair."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.checks import week01_vectors as checks


def _expected_similarity(*, a, b):
    return F.cosine_similarity(a.unsqueeze(1), b.unsqueeze(0), dim=-1)


ANSWER_KEY = AnswerKey(
    check=checks.cosine_similarity,
    expected=_expected_similarity,
    reference="torch.nn.functional",
)
