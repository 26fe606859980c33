"""The answer key of `causal_mask`: HF's own mask."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_attention import visible
from utils.answers.week05_attention._pieces import hidden, own_key, put, top_left
from utils.checks import week05_attention as checks


def _expected_mask(scores):
    return torch.where(visible(*scores.shape[-2:])[0, 0], scores, -torch.inf)


def _normalise_masked(masked):
    """Any number that no score can beat serves as −inf: torch.finfo.min and −1e9 do, −1e4 does not."""
    return masked.masked_fill(masked < -1e8, -torch.inf) if torch.is_floating_point(masked) else masked


def _shifted_left(scores):
    query, key = scores.shape[-2:]
    return torch.ones(query, key, dtype=torch.bool, device=scores.device).triu(query - key + 1)


def _with_queries(scores, count):
    """The mask when the first query's position is computed from another number of queries."""
    mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device)
    return mask.triu(scores.shape[-1] - count + 1)


def _first_only(scores):
    masked = scores.clone()
    masked[0] = put(scores[0], hidden(scores))
    return masked


def _inf_times_zero(scores):
    return scores + torch.where(hidden(scores), torch.ones(()), torch.zeros(())) * -torch.inf


ANSWER_KEY = AnswerKey(
    check=checks.causal_mask,
    expected=_expected_mask,
    normalise=_normalise_masked,
    mistakes=(
        Mistake(
            "past hidden",
            "the mask hides the past instead of the future",
            "which index is the query and which the key: row = query",
            lambda scores: put(scores, hidden(scores, diagonal=0).logical_not() & ~own_key(scores)),
        ),
        Mistake(
            "mask inverted",
            "what should be hidden is shown, and the other way round",
            "is your mask True where a query may look, or where it may not?",
            lambda scores: put(scores, ~hidden(scores)),
        ),
        Mistake(
            "own position hidden",
            "a token cannot see itself; the first token sees nothing at all",
            "on which diagonal does the future begin?",
            lambda scores: put(scores, hidden(scores, diagonal=0)),
        ),
        Mistake(
            "one token of the future shown",
            "each query sees one key too many: the very token it must predict",
            "on which diagonal does the future begin?",
            lambda scores: put(scores, hidden(scores, diagonal=2)),
        ),
        Mistake(
            "0 for the future",
            "the future's scores are 0, and e⁰ = 1: the softmax still gives them weight",
            "which score does a softmax turn into exactly 0?",
            lambda scores: put(scores, hidden(scores), 0.0),
        ),
        Mistake(
            "mild mask",
            "the hidden score is a moderate number, which larger scores can make visible",
            "use −inf, or torch.finfo(scores.dtype).min",
            lambda scores: put(scores, hidden(scores), -1e4),
        ),
        Mistake(
            "very mild mask",
            "the hidden score is about −100, which e turns into a small share, not into none",
            "use −inf, or torch.finfo(scores.dtype).min",
            lambda scores: put(scores, hidden(scores), -100.0),
        ),
        Mistake(
            "own position hidden, square mask",
            "a token cannot see itself; and the first query is taken for position 0 with keys before it too",
            "on which diagonal does the future begin, and how many keys come before the first query?",
            lambda scores: put(scores, top_left(scores) | torch.eye(*scores.shape[-2:]).bool()),
        ),
        Mistake(
            "shifted the wrong way",
            "with fewer queries than keys, the triangle has moved to the left, not to the right",
            "the first query has the most keys before it: does the hidden part begin earlier or later?",
            lambda scores: put(scores, _shifted_left(scores)),
        ),
        Mistake(
            "+inf for the future",
            "the future's scores are +inf, so that all attention goes there",
            "the sign of the infinity",
            lambda scores: put(scores, hidden(scores), torch.inf),
        ),
        Mistake(
            "0 times inf",
            "0 · (−inf) is not 0 but NaN, and it has spread over the visible scores",
            "choose between two values (masked_fill, where) instead of multiplying by a mask",
            _inf_times_zero,
        ),
        Mistake(
            "square mask on fewer queries",
            "with fewer queries than keys, the first query is taken for the first position",
            "the queries are the last positions: how many keys come before the first of them?",
            lambda scores: put(scores, top_left(scores)),
        ),
        Mistake(
            "queries counted on the third axis",
            "the third axis is taken for the queries: without heads it is the keys",
            "scores.shape[2] is not always the queries: count axes from the end",
            lambda scores: put(scores, _with_queries(scores, scores.shape[2])),
        ),
        Mistake(
            "first of the batch only",
            "only the first entry of the batch is masked",
            "a mask of shape (query, key) meets every batch entry and every head by itself",
            _first_only,
        ),
        Mistake(
            "no mask",
            "the scores come back as they were",
            "masked_fill returns a new tensor: is it the one that you return?",
            lambda scores: scores,
        ),
        Mistake(
            "a boolean mask",
            "the mask itself comes back, not the masked scores",
            "the function takes scores and returns scores",
            hidden,
        ),
        Mistake(
            "softmax already",
            "the result has been through a softmax",
            "this function hides scores; the softmax is the next exercise",
            lambda scores: put(scores, hidden(scores)).softmax(-1),
        ),
        Mistake(
            "mask on the CPU",
            "the mask is made on the CPU whatever the scores' device: on a GPU this line would fail",
            "torch.ones and its like take device=scores.device",
            lambda scores: scores.masked_fill(
                torch.ones(scores.shape[-2:]).triu(scores.shape[-1] - scores.shape[-2] + 1).bool(), -torch.inf
            ),
        ),
    ),
)
