"""The answer key of `first_token_score`: a mean taken one query at a time."""

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.week06_heads._scores import (
    REFERENCE,
    entries,
    mean_at,
    number_as_tensor,
    seq_of,
    wrong_means,
)
from utils.checks import week06_heads as checks


def _places(pattern):
    """Each query that could look elsewhere, with the first token."""
    return [(query, 0) for query in range(1, seq_of(pattern))]


def _expected_first(pattern):
    return mean_at(pattern, _places(pattern))


ANSWER_KEY = AnswerKey(
    check=checks.first_token_score,
    expected=_expected_first,
    normalise=number_as_tensor,
    reference=REFERENCE,
    mistakes=(
        Mistake(
            "first query counted",
            "the first query is counted too, and the first token is all that it can see",
            "which queries have a choice?",
            lambda pattern: mean_at(pattern, [(0, 0), *_places(pattern)]),
        ),
        Mistake(
            "divided by all queries",
            "the first query is left out of the sum, but the sum is divided by the number of all queries",
            "how many shares have you added up?",
            lambda pattern: entries(pattern, _places(pattern)).sum(-1) / seq_of(pattern),
        ),
        Mistake(
            "first key read as 1",
            "each query is asked about token 1, which is the second",
            "positions count from 0",
            lambda pattern: mean_at(pattern, [(i, 1) for i in range(1, seq_of(pattern))]),
        ),
        Mistake(
            "last token",
            "each query is asked about the last token",
            "which key is the first: 0 or −1?",
            lambda pattern: mean_at(pattern, [(i, seq_of(pattern) - 1) for i in range(1, seq_of(pattern))]),
        ),
        Mistake(
            "second query left out",
            "query 1 is missing: it can see two tokens, so it has a choice",
            "which is the first query that has a choice?",
            lambda pattern: mean_at(pattern, _places(pattern)[1:]),
        ),
        Mistake(
            "previous token",
            "each query is asked about the token before it: that was the last exercise",
            "every query is asked about the same key",
            lambda pattern: mean_at(pattern, [(i, i - 1) for i in range(1, seq_of(pattern))]),
        ),
        *wrong_means(_places),
    ),
)
