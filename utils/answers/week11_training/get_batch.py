"""The answer key of `get_batch`: windows found one token at a time, drawn with the same generator."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.answers.week11_training._pieces import draw_batch, windows
from utils.checks import week11_training as checks


def _expected(*, tokens, end_of_text, batch_size, seq, seed):
    generator, places = torch.Generator().manual_seed(seed), windows(tokens, end_of_text, seq)
    first, second = (draw_batch(tokens, places, batch_size, seq, generator) for _ in range(2))
    return {"first batch": first, "second batch": second}


ANSWER_KEY = AnswerKey(
    check=checks.get_batch,
    expected=_expected,
    tolerance=EXACT,
    reference="the windows drawn by hand",
)
