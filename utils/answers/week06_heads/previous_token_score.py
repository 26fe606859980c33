"""The answer key of `previous_token_score`: a mean taken one query at a time."""

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
    """Each query that has a token before it, with that token."""
    return [(query, query - 1) for query in range(1, seq_of(pattern))]


def _expected_previous(pattern):
    return mean_at(pattern, _places(pattern))


ANSWER_KEY = AnswerKey(
    check=checks.previous_token_score,
    expected=_expected_previous,
    normalise=number_as_tensor,
    reference=REFERENCE,
    mistakes=(
        Mistake(
            "own token",
            "this is the mean of the main diagonal: the attention that each token gives to itself",
            "query i is asked about key i − 1: which diagonal is that?",
            lambda pattern: mean_at(pattern, [(i, i) for i in range(seq_of(pattern))]),
        ),
        Mistake(
            "own token, from the second on",
            "this is the attention that each token from the second on gives to itself",
            "query i is asked about key i − 1",
            lambda pattern: mean_at(pattern, [(i, i) for i in range(1, seq_of(pattern))]),
        ),
        Mistake(
            "two before",
            "each query is asked about the token two places before it",
            "query i is asked about key i − 1",
            lambda pattern: mean_at(pattern, [(i, i - 2) for i in range(2, seq_of(pattern))]),
        ),
        Mistake(
            "first query counted",
            "the sum is divided by the number of all queries, and the first one has no token before it",
            "how many queries have a previous token?",
            lambda pattern: entries(pattern, _places(pattern)).sum(-1) / seq_of(pattern),
        ),
        Mistake(
            "second query left out",
            "query 1 is missing: it has a token before it, token 0",
            "which is the first query that has a previous token?",
            lambda pattern: mean_at(pattern, _places(pattern)[1:]),
        ),
        Mistake(
            "last query left out",
            "the last query is missing",
            "arange(a, b) ends before b",
            lambda pattern: mean_at(pattern, _places(pattern)[:-1]),
        ),
        Mistake(
            "first key",
            "each query is asked about the first token: that is the next exercise",
            "query i is asked about key i − 1",
            lambda pattern: mean_at(pattern, [(i, 0) for i in range(1, seq_of(pattern))]),
        ),
        Mistake(
            "diagonal of the first two axes",
            "the diagonal lies in the first two axes, whatever they are, and not in query and key",
            "diagonal() takes axes 0 and 1 unless dim1 and dim2 name others",
            lambda pattern: pattern.diagonal(-1).mean(-1),
        ),
        *wrong_means(_places),
    ),
)
