"""The answer key of `top_next_tokens`: torch's softmax and a sort."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week01_vectors as checks


def _expected_top(*, logits, k):
    last = logits[:, -1]
    ordered = F.softmax(last.double(), dim=-1).to(last.dtype).sort(dim=-1, descending=True, stable=True)
    return ordered.values[:, :k], ordered.indices[:, :k]


_SHARES = Tolerance(
    2e-3, 1e-6, "of 50,257 shares added up in float32, many are lost beside a large one: up to a thousandth"
)

ANSWER_KEY = AnswerKey(
    check=checks.top_next_tokens,
    expected=_expected_top,
    tolerance=_SHARES,
    reference="torch",
)
