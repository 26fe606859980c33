"""The answer key of `attention_pattern`: HF's eager attention."""

import math

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_attention import attend
from utils.answers.week05_attention._pieces import (
    dots,
    hidden,
    own_key,
    pattern_of,
    put,
    scaled,
    top_left,
)
from utils.checks import week05_attention as checks


def _expected_pattern(q, k):
    return attend(q, k, k)[1]


def _masked_afterwards(q, k):
    scores = scaled(q, k)
    return put(scores.softmax(-1), hidden(scores), 0.0)


def _scaled_afterwards(q, k):
    return pattern_of(dots(q, k)) / math.sqrt(q.shape[-1])


def _over_queries(q, k):
    scores = scaled(q, k)
    return put(scores, hidden(scores)).softmax(-2)


def _over_everything(q, k):
    scores = scaled(q, k)
    return put(scores, hidden(scores)).flatten(-2).softmax(-1).reshape(scores.shape)


def _over_the_second_axis(q, k):
    scores = scaled(q, k)
    return put(scores, hidden(scores)).softmax(1)


ANSWER_KEY = AnswerKey(
    check=checks.attention_pattern,
    expected=_expected_pattern,
    mistakes=(
        Mistake(
            "not scaled",
            "the scores are not divided by √d_head, so that the pattern is too sharp",
            "did you start from your attention_scores?",
            lambda q, k: pattern_of(dots(q, k)),
        ),
        Mistake(
            "scaled after the softmax",
            "√d_head divides the pattern, whose rows then do not add up to 1",
            "the scale belongs to the scores, before the softmax",
            _scaled_afterwards,
        ),
        Mistake(
            "divided by d_head",
            "the scores are divided by d_head, not by its root, so that the pattern is too flat",
            "the root in √d_head",
            lambda q, k: pattern_of(dots(q, k) / q.shape[-1]),
        ),
        Mistake(
            "no mask",
            "the queries see the future",
            "where does causal_mask come in?",
            lambda q, k: scaled(q, k).softmax(-1),
        ),
        Mistake(
            "mask after the softmax",
            "the future is set to 0 after the softmax, so that the rows do not add up to 1",
            "what the future would have got must go to the keys that are left: mask first",
            _masked_afterwards,
        ),
        Mistake(
            "causal_mask after the softmax",
            "the mask comes after the softmax, so that shares are −inf and the rows do not add up to 1",
            "what the future would have got must go to the keys that are left: mask first",
            lambda q, k: put(scaled(q, k).softmax(-1), hidden(scaled(q, k))),
        ),
        Mistake(
            "0 for the future",
            "the future's scores are set to 0 before the softmax, and e⁰ = 1",
            "which score does a softmax turn into exactly 0?",
            lambda q, k: put(scaled(q, k), hidden(scaled(q, k)), 0.0).softmax(-1),
        ),
        Mistake(
            "softmax over the queries",
            "each column adds up to 1, not each row",
            "each query shares out its own attention: over which axis?",
            _over_queries,
        ),
        Mistake(
            "softmax over everything",
            "all queries together add up to 1",
            "each query shares out its own attention: over which axis?",
            _over_everything,
        ),
        Mistake(
            "softmax over the second axis",
            "the softmax runs over axis 1, which is the heads or the queries",
            "count axes from the end: the keys are the last one",
            _over_the_second_axis,
        ),
        Mistake(
            "softmax over the third axis",
            "the softmax runs over axis 2, which is the keys only without heads",
            "count axes from the end: the keys are the last one",
            lambda q, k: put(scaled(q, k), hidden(scaled(q, k))).softmax(2),
        ),
        Mistake(
            "past hidden",
            "the queries see only themselves and the future",
            "which index is the query and which the key: row = query",
            lambda q, k: put(
                scaled(q, k), ~hidden(scaled(q, k), diagonal=0) & ~own_key(scaled(q, k))
            ).softmax(-1),
        ),
        Mistake(
            "square mask on fewer queries",
            "with fewer queries than keys, the first query is taken for the first position",
            "the queries are the last positions: how many keys come before the first of them?",
            lambda q, k: put(scaled(q, k), top_left(scaled(q, k))).softmax(-1),
        ),
        Mistake(
            "no softmax",
            "the masked scores come back as they are",
            "which function turns scores into shares that add up to 1?",
            lambda q, k: put(scaled(q, k), hidden(scaled(q, k))),
        ),
        Mistake(
            "log of the pattern",
            "these are log-probabilities",
            "softmax, not log_softmax: shares add up to 1",
            lambda q, k: put(scaled(q, k), hidden(scaled(q, k))).log_softmax(-1),
        ),
        Mistake(
            "softmax twice",
            "the pattern has been through a second softmax, which flattens it and shows the future again",
            "how many softmaxes lie between the scores and the pattern?",
            lambda q, k: pattern_of(scaled(q, k)).softmax(-1),
        ),
        Mistake(
            "pattern transposed",
            "rows are keys and columns are queries",
            "row = query: its entries add up to 1",
            lambda q, k: pattern_of(scaled(q, k)).transpose(-1, -2),
        ),
    ),
)
