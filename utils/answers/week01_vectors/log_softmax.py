"""The answer key of `log_softmax`: torch.nn.functional.log_softmax."""

from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week01_vectors as checks

_COARSE = Tolerance(
    1e-4, 2e-3, "near 10,000 float32's steps are 0.001 wide, and x − log(sum) may be rounded there"
)


def _expected_logs(*, x, dim):
    return F.log_softmax(x, dim=-1 if dim is None else dim)


ANSWER_KEY = AnswerKey(
    check=checks.log_softmax,
    expected=_expected_logs,
    tolerance=_COARSE,
    reference="torch's log_softmax",
)
