"""The answer key of `first_token_score`: a mean taken one query at a time."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week06_heads._scores import (
    REFERENCE,
    mean_at,
    number_as_tensor,
    seq_of,
)
from utils.checks import week06_heads as checks


def _places(pattern):
    """Each query that could look elsewhere, with the first token."""
    return [(query, 0) for query in range(1, seq_of(pattern))]


def _expected_first(*, pattern):
    return mean_at(pattern, _places(pattern))


ANSWER_KEY = AnswerKey(
    check=checks.first_token_score,
    expected=_expected_first,
    normalise=number_as_tensor,
    reference=REFERENCE,
)
