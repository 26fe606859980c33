"""The answer key of `my_analogy`: places in lists that torch has sorted by cosine similarity in float64."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.week03_embeddings._ranks import cosines, ranked
from utils.checks import week03_embeddings as checks


def _rank(W_E, target, answer, left_out):
    """The place of `answer`, from 1, among the tokens that are not left out."""
    ids, _ = ranked(cosines(W_E, target), len(W_E))
    return 1 + [token for token in ids.tolist() if token not in left_out].index(answer)


def _expected_ranks(*, W_E, questions, leave_out):
    with_step, alone = [], []
    for start, minus, plus, answer in questions.tolist():
        left_out = () if leave_out is False else (start, minus, plus)  # by default they are left out
        row = W_E.double().__getitem__
        end = torch.stack([row(start), -row(minus), row(plus)]).sum(0)
        with_step.append(_rank(W_E, end, answer, left_out))
        alone.append(_rank(W_E, row(start), answer, left_out))
    return torch.tensor(with_step), torch.tensor(alone)


ANSWER_KEY = AnswerKey(
    check=checks.my_analogy,
    expected=_expected_ranks,
    reference="torch's cosine similarity",
    outputs=("ranks with the step", "ranks near start alone"),
    tolerance=EXACT,
)
