"""The answer key of `cumsum`: torch.cumsum."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week01_vectors as checks


def _expected_cumsum(x):
    return {"result": torch.cumsum(x, dim=0), "more steps for longer inputs": False}


def _sum_where(x, counts):
    """Sum, for each place, the entries for which `counts(entry's place, place)` is True."""
    place = torch.arange(len(x))
    return x.unsqueeze(1).masked_fill(~counts(place.unsqueeze(1), place), 0.0).sum(0)


def _one_by_one(x):
    sums = [x[0]]
    for number in x[1:]:
        sums.append(sums[-1] + number)
    return torch.stack(sums)


ANSWER_KEY = AnswerKey(
    check=checks.cumsum,
    expected=_expected_cumsum,
    reference="torch.cumsum",
    mistakes=(
        Mistake(
            "loop",
            "the values are right, but the numbers are visited one by one",
            "a table whose column i holds what counts for place i can be summed at once",
            _one_by_one,
        ),
        Mistake(
            "own number left out",
            "each place sums what comes before it, without its own number",
            "up to and including: on which side does the equals sign stand?",
            lambda x: _sum_where(x, lambda entry, place: entry < place),
        ),
        Mistake(
            "from the right",
            "each place sums what comes after it",
            "which index is the entry's and which the result's?",
            lambda x: _sum_where(x, lambda entry, place: entry >= place),
        ),
        Mistake(
            "everything everywhere",
            "every place has the sum of all numbers",
            "which entries must not count for a place?",
            lambda x: x.sum().expand(len(x)),
        ),
        Mistake(
            "running mean",
            "each place has the mean of the numbers up to it",
            "the sum, not divided",
            lambda x: _sum_where(x, lambda entry, place: entry <= place) / torch.arange(1, len(x) + 1),
        ),
        Mistake(
            "neighbours only",
            "each place has its own number plus the one before it",
            "all numbers before it count",
            lambda x: _sum_where(x, lambda entry, place: (entry == place) | (entry == place - 1)),
        ),
        Mistake(
            "total only",
            "only the sum of all numbers comes back",
            "a sum for every place: which axis of your table is summed?",
            lambda x: x.sum(),
        ),
        Mistake(
            "not summed",
            "the table is there, but it is not summed yet",
            "which axis of the table holds what counts for one place?",
            lambda x: (
                x.unsqueeze(1)
                .expand(-1, len(x))
                .masked_fill(torch.arange(len(x)).unsqueeze(1) > torch.arange(len(x)), 0.0)
            ),
        ),
    ),
)
