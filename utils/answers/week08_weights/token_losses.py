"""The answer key of `token_losses`: torch's own cross-entropy, one token at a time."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import Tolerance
from utils.checks import week08_weights as checks
from utils.checks.fakes.trainable_model import SmallModel


def _expected(*, tokens, weights=None, logits=None):
    if logits is None:
        with torch.no_grad():
            logits = SmallModel(weights)(tokens)
    # In float64: torch's float32 cross-entropy of 50,257 classes is good to four digits, and to three where
    # the classes lie on a middle axis, since it adds up their powers one by one there.
    return F.cross_entropy(logits[:, :-1].mT.double(), tokens[:, 1:], reduction="none").float()


ANSWER_KEY = AnswerKey(
    check=checks.token_losses,
    expected=_expected,
    reference="torch's cross-entropy",
    tolerance=Tolerance(1e-3, 3e-3, "torch's own float32 losses over 50,257 tokens are up to 0.0012 off"),
)
