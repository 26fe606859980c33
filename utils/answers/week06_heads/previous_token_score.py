"""The answer key of `previous_token_score`: a mean taken one query at a time."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week06_heads._scores import (
    REFERENCE,
    mean_at,
    number_as_tensor,
    seq_of,
)
from utils.checks import week06_heads as checks


def _places(pattern):
    """Each query that has a token before it, with that token."""
    return [(query, query - 1) for query in range(1, seq_of(pattern))]


def _expected_previous(*, pattern):
    return mean_at(pattern, _places(pattern))


ANSWER_KEY = AnswerKey(
    check=checks.previous_token_score,
    expected=_expected_previous,
    normalise=number_as_tensor,
    reference=REFERENCE,
)
