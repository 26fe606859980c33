"""The answer key of `outer`: torch.outer."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week01_vectors as checks


def _expected_outer(a, b):
    return {"result": torch.outer(a, b), "more steps for longer inputs": False}


def _table(a, b):
    return a.unsqueeze(1) * b.unsqueeze(0)


ANSWER_KEY = AnswerKey(
    check=checks.outer,
    expected=_expected_outer,
    reference="torch.outer",
    mistakes=(
        Mistake(
            "loop",
            "the values are right, but the numbers are visited one by one",
            "two axes meet when one of them is inserted: a[:, None] is a column",
            lambda a, b: torch.stack([number * b for number in a]),
        ),
        Mistake(
            "transposed",
            "rows belong to b and columns to a",
            "entry [i, j] is a[i] · b[j]",
            lambda a, b: _table(b, a),
        ),
        Mistake(
            "entry by entry",
            "a and b are multiplied entry by entry, and their sizes do not fit",
            "which of the two must get a second axis?",
            lambda a, b: a * b,
        ),
        Mistake(
            "sums",
            "each number of a is added to each number of b",
            "products, not sums",
            lambda a, b: a.unsqueeze(1) + b.unsqueeze(0),
        ),
        Mistake(
            "one long row",
            "all products are there, in one single row",
            "the result has two axes, n and m",
            lambda a, b: _table(a, b).flatten(),
        ),
        Mistake(
            "an axis too many",
            "there is an axis of size 1 too many",
            "one None makes a column; how many are there?",
            lambda a, b: _table(a, b).unsqueeze(0),
        ),
    ),
)
