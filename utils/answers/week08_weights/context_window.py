"""The answer key of `context_window`: torch's cross-entropy on pieces, averaged position by position."""

import torch
from torch.nn import functional as F

from utils.answers.answer_key import AnswerKey
from utils.checks import week08_weights as checks
from utils.checks.fakes.trainable_model import SmallModel


@torch.no_grad()
def _losses(model, pieces):
    """Losses [piece, seq − 1]."""
    logits = torch.cat([model(piece.unsqueeze(0)) for piece in pieces])
    return F.cross_entropy(logits[:, :-1].mT, pieces[:, 1:], reduction="none")


def _expected(*, weights, tokens, seq):
    return _losses(SmallModel(weights, n_ctx=seq), _cut(tokens, seq)).mean(dim=0)


def _cut(tokens, seq):
    return torch.stack([piece for piece in tokens.split(seq) if len(piece) == seq])


ANSWER_KEY = AnswerKey(
    check=checks.context_window,
    expected=_expected,
    reference="torch's cross-entropy by position",
)
