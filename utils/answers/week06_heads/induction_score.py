"""The answer key of `induction_score`: a mean taken one query at a time."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week06_heads._scores import (
    REFERENCE,
    mean_at,
    number_as_tensor,
    seq_of,
)
from utils.checks import week06_heads as checks


def _shifted(by, first=0, past=None):
    """Places of the queries from `period + first` on, each with the key `by` after the earlier copy."""

    def places(pattern, period):
        end = seq_of(pattern) if past is None else min(past(period), seq_of(pattern))
        return [
            (query, query - period + by)
            for query in range(period + first, end)
            if 0 <= query - period + by < seq_of(pattern)
        ]

    return places


_places = _shifted(by=1)


def _expected_induction(*, pattern, period):
    return mean_at(pattern, _places(pattern, period))


ANSWER_KEY = AnswerKey(
    check=checks.induction_score,
    expected=_expected_induction,
    normalise=number_as_tensor,
    reference=REFERENCE,
)
