"""The answer key of `induction_score`: a mean taken one query at a time."""

import torch

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


def _expected_induction(pattern, period):
    return mean_at(pattern, _places(pattern, period))


def _at(places):
    return lambda pattern, period: mean_at(pattern, places(pattern, period))


def _all_copies(pattern, period):
    """Every earlier token after a copy counts, not the nearest alone."""
    rows = []
    for query in range(period, seq_of(pattern)):
        keys = range(query - period + 1, -1, -period)
        rows.append(torch.stack([pattern[..., query, key] for key in keys]).sum(0))
    return torch.stack(rows, dim=-1).mean(-1)


def _first_copy(pattern, period):
    """Queries of the first copy, with keys counted from the end."""
    return mean_at(pattern, [(query, query - period + 1) for query in range(period)])


ANSWER_KEY = AnswerKey(
    check=checks.induction_score,
    expected=_expected_induction,
    normalise=number_as_tensor,
    reference=REFERENCE,
    mistakes=(
        Mistake(
            "the earlier copy itself",
            "each query is asked about the earlier copy of its own token, not about the token after it",
            "an induction head looks where it can read what came next: one further than the copy",
            _at(_shifted(by=0)),
        ),
        Mistake(
            "the token before the copy",
            "each query is asked about the token before the earlier copy",
            "the copy is at i − period: is the token after it to the left or to the right?",
            _at(_shifted(by=-1)),
        ),
        Mistake(
            "two after the copy",
            "each query is asked about the token two places after the earlier copy",
            "the copy is at i − period: where is the token after it?",
            _at(_shifted(by=2)),
        ),
        Mistake(
            "whole diagonal",
            "the last query of the first copy is counted too, and its token has no earlier copy",
            "the diagonal of that offset begins one query too early: which is the first that counts?",
            _at(_shifted(by=1, first=-1)),
        ),
        Mistake(
            "one query too few",
            "query number `period` is missing: its token is the first that comes again",
            "which is the first query whose token has been there before?",
            _at(_shifted(by=1, first=1)),
        ),
        Mistake(
            "all queries counted",
            "the sum is divided by the number of all queries, and those of the first copy can find nothing",
            "how many shares have you added up?",
            lambda pattern, period: entries(pattern, _places(pattern, period)).sum(-1) / seq_of(pattern),
        ),
        Mistake(
            "divided by the period",
            "the sum is divided by the period, which is right for two copies alone",
            "how many shares have you added up?",
            lambda pattern, period: entries(pattern, _places(pattern, period)).sum(-1) / period,
        ),
        Mistake(
            "second copy only",
            "only the queries of the second copy are asked",
            "every query from `period` on has an earlier copy: how many copies are there?",
            _at(_shifted(by=1, past=lambda period: 2 * period)),
        ),
        Mistake(
            "last query left out",
            "the last query is missing",
            "arange(a, b) ends before b",
            lambda pattern, period: mean_at(pattern, _places(pattern, period)[:-1]),
        ),
        Mistake(
            "all earlier copies",
            "the tokens after all earlier copies are added up, not the one after the nearest copy alone",
            "one key for each query: i − period + 1",
            _all_copies,
        ),
        Mistake(
            "first copy asked",
            "the queries of the first copy are asked, whose tokens have not been there before",
            "which is the first query whose token has been there before?",
            _first_copy,
        ),
        Mistake(
            "period not used",
            "each query is asked about the token before it: the period does not come in",
            "how far back is the earlier copy?",
            lambda pattern, period: mean_at(pattern, [(i, i - 1) for i in range(1, seq_of(pattern))]),
        ),
        Mistake(
            "half of the prompt",
            "the copy is taken to be half a prompt back, which is right for two copies alone",
            "the piece is `period` tokens long, however often it comes",
            lambda pattern, period: mean_at(
                pattern,
                [(i, i - seq_of(pattern) // 2 + 1) for i in range(seq_of(pattern) // 2, seq_of(pattern))],
            ),
        ),
        Mistake(
            "diagonal of the first two axes",
            "the diagonal lies in the first two axes, whatever they are, and not in query and key",
            "diagonal() takes axes 0 and 1 unless dim1 and dim2 name others",
            lambda pattern, period: pattern.diagonal(1 - period).mean(-1),
        ),
        *wrong_means(_places),
    ),
)
