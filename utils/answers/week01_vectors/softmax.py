"""The answer key of `softmax`: torch.nn.functional.softmax."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week01_vectors as checks

_COARSE = Tolerance(
    2e-3, 1e-6, "near 10,000 float32's steps are 0.001 wide, and x − log(sum) may be rounded there"
)


def _expected_shares(*, x, dim):
    return F.softmax(x, dim=-1 if dim is None else dim)


ANSWER_KEY = AnswerKey(
    check=checks.softmax,
    expected=_expected_shares,
    tolerance=_COARSE,
    reference="torch's softmax",
)
