"""The answer key of `train_val_split`: the text cut by a loop over its tokens."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week11_training as checks


def _expected(*, tokens, val_share, end_of_text):
    ids = tokens.tolist()
    place = int(len(ids) * (1 - val_share))
    while ids[place] != end_of_text:
        place += 1
    return torch.tensor(ids[: place + 1]), torch.tensor(ids[place:])


ANSWER_KEY = AnswerKey(
    check=checks.train_val_split,
    expected=_expected,
    tolerance=EXACT,
    reference="the text cut by hand",
)
