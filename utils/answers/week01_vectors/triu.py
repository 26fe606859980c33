"""The answer key of `triu`: torch.triu."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.checks import week01_vectors as checks


def _expected_triu(x):
    return {"result": torch.triu(x), "more steps for longer inputs": False}


def _places(x):
    return torch.arange(x.shape[0]).unsqueeze(1), torch.arange(x.shape[1]).unsqueeze(0)


def _keep(x, where, otherwise=0.0):
    return x.masked_fill(~where(*_places(x)), otherwise)


def _row_by_row(x):
    rows = []
    for place, row in enumerate(x):
        cut = row.clone()
        cut[:place] = 0
        rows.append(cut)
    return torch.stack(rows)


def _product(x):
    row, column = _places(x)
    return x * (column >= row).type_as(x)


def _mask(x):
    row, column = _places(x)
    return column >= row


ANSWER_KEY = AnswerKey(
    check=checks.triu,
    expected=_expected_triu,
    reference="torch.triu",
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "loop",
            "the values are right, but the rows are visited one by one",
            "a column of row numbers compared with a row of column numbers gives the whole table at once",
            _row_by_row,
        ),
        Mistake(
            "diagonal lost",
            "the diagonal is 0 as well",
            "is an entry kept when its row and its column are equal?",
            lambda x: _keep(x, lambda row, column: column > row),
        ),
        Mistake(
            "one diagonal too many",
            "the diagonal below the main one is kept as well",
            "which entries have a column that is not smaller than their row?",
            lambda x: _keep(x, lambda row, column: column >= row - 1),
        ),
        Mistake(
            "lower triangle",
            "the lower triangle is kept, not the upper one",
            "which index is the row and which the column?",
            lambda x: _keep(x, lambda row, column: column <= row),
        ),
        Mistake(
            "counted from the right",
            "the diagonal begins at the lower right corner, not at the upper left",
            "row 0 is kept whole; row 1 loses one entry",
            lambda x: _keep(x, lambda row, column: column - row >= x.shape[1] - x.shape[0]),
        ),
        Mistake(
            "−inf below",
            "the lower triangle is −inf, not 0",
            "that will be week 5's mask; here it is 0",
            lambda x: _keep(x, lambda row, column: column >= row, -torch.inf),
        ),
        Mistake(
            "0 times inf",
            "an infinite entry was multiplied by 0, which gives NaN",
            "torch.where chooses between two values instead of multiplying",
            _product,
        ),
        Mistake(
            "the mask",
            "the table of True and False comes back",
            "x has to come in: torch.where chooses between two values",
            _mask,
        ),
        Mistake(
            "transposed",
            "rows and columns are exchanged",
            "only entries become 0; none moves",
            lambda x: _keep(x.T, lambda row, column: column <= row),
        ),
    ),
)
