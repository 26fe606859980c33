"""The answer key of `top_p_filter`: HF's TopPLogitsWarper; of equal logits any may stay."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import processed, top_p
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, before, normalise_hidden, ranks, without
from utils.checks import week09_sampling as checks


def _expected(logits, p, tied):
    filtered = processed(logits, top_p(p))
    if not tied:
        return filtered
    ordered = filtered.sort(dim=-1, descending=True).values
    return {"logits, largest first": ordered, "each in its place": True}


def _observed(output, logits, p, tied):
    """Return the logits; with ties at the border only their number, and whether they stay in place."""
    if not tied:
        return output
    filtered = normalise_hidden(output)
    in_place = output.shape == logits.shape and bool(((output == logits) | filtered.isinf()).all())
    return {"logits, largest first": filtered.sort(descending=True).values, "each in its place": in_place}


def _through(logits):
    """Return, for each token, the sum of its probability and those of the more probable ones."""
    return before(logits) + logits.softmax(-1)


def _unless_all(gone):
    """Return the filter but for p = 1, where nothing is filtered, whatever the rounding."""

    def wrong(logits, p):
        return without(logits, gone(logits, p)) if p < 1 else logits.clone()

    return wrong


def _best(logits):
    return ranks(logits) == 0


def _not_put_back(logits, p):
    """Apply the mask in sorted order to the logits in vocabulary order."""
    ordered = logits.softmax(-1).sort(dim=-1, descending=True).values
    return ordered.cumsum(-1) - ordered >= p


def _sums_before(ordered):
    return ordered.cumsum(-1) - ordered


def _looked_up(logits, p):
    """Gather the mask from sorted order where it has to be scattered."""
    ordered, places = logits.softmax(-1).sort(dim=-1, descending=True)
    return (_sums_before(ordered) >= p).take_along_dim(places, -1)


def _from_below(logits, p):
    ordered, places = logits.softmax(-1).sort(dim=-1)
    sums = ordered.cumsum(-1) - ordered
    return torch.zeros_like(sums, dtype=torch.bool).scatter(-1, places, sums >= p)


ANSWER_KEY = AnswerKey(
    check=checks.top_p_filter,
    expected=_expected,
    observe=_observed,
    reference="HF's TopPLogitsWarper",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
    mistakes=(
        Mistake(
            "the crossing token is gone",
            "the token with which the sum reaches p is cut off; if it is the first, nothing is left",
            "what had been summed up before this token: was it p already?",
            _unless_all(lambda logits, p: _through(logits) > p),
        ),
        Mistake(
            "the crossing token is gone, unless it is the first",
            "the token with which the sum reaches p is cut off",
            "what had been summed up before this token: was it p already?",
            _unless_all(lambda logits, p: (_through(logits) > p) & ~_best(logits)),
        ),
        Mistake(
            "one too many at the border",
            "the sum is exactly p already, and one more token is kept",
            "reached means at least p: which comparison is that?",
            _unless_all(lambda logits, p: (before(logits) > p) | (logits == -torch.inf)),
        ),
        Mistake(
            "one too many",
            "one token more is kept than is needed to reach p",
            "the smallest set that reaches p: is p reached without the last one?",
            _unless_all(lambda logits, p: ranks(logits) > (before(logits) < p).sum(-1, keepdim=True)),
        ),
        Mistake(
            "1 keeps one token",
            "at p = 1 only the most probable token is left: there everything stays",
            "follow your code through with p = 1, token by token",
            lambda logits, p: without(logits, before(logits) >= p if p < 1 else ~_best(logits)),
        ),
        Mistake(
            "the least probable kept",
            "the sum begins with the least probable tokens: the nucleus is cut out instead of kept",
            "in which order do the probabilities have to be summed?",
            _unless_all(_from_below),
        ),
        Mistake(
            "not put back",
            "what was decided in sorted order is applied in the order of the ids",
            "after sorting, a token's place is no longer its id: how do you get back?",
            _unless_all(_not_put_back),
        ),
        Mistake(
            "put back the wrong way",
            "what was decided in sorted order is read at the places of `order`, not written there",
            "gather reads, scatter writes: which of the two brings things back to where they came from?",
            _unless_all(_looked_up),
        ),
        Mistake(
            "summed unsorted",
            "the probabilities are summed in the order of the ids",
            "the most probable tokens have to come first",
            _unless_all(lambda logits, p: logits.softmax(-1).cumsum(-1) - logits.softmax(-1) >= p),
        ),
        Mistake(
            "logits summed",
            "logits are summed where probabilities are meant",
            "which function makes probabilities of logits?",
            _unless_all(
                lambda logits, p: torch.zeros_like(logits, dtype=torch.bool).scatter(
                    -1,
                    logits.argsort(dim=-1, descending=True, stable=True),
                    _sums_before(logits.sort(dim=-1, descending=True, stable=True).values) >= p,
                )
            ),
        ),
        Mistake(
            "p for each token",
            "a token is kept if it alone has the probability p",
            "p is about the sum of the kept tokens",
            _unless_all(lambda logits, p: (logits.softmax(-1) < p) & ~_best(logits)),
        ),
        Mistake(
            "a share of the best",
            "a token is kept if it has at least p times the largest probability: that is another filter",
            "p is about the sum of the kept tokens",
            _unless_all(lambda logits, p: logits.softmax(-1) < p * logits.softmax(-1).amax(-1, keepdim=True)),
        ),
        Mistake(
            "a share of the vocabulary",
            "p says how large a part of the vocabulary stays",
            "p is about probability, not about how many tokens there are",
            _unless_all(lambda logits, p: ranks(logits) >= round(p * logits.shape[-1])),
        ),
        Mistake(
            "1 − p kept",
            "the kept tokens reach 1 − p, not p",
            "which side of the border is p?",
            _unless_all(lambda logits, p: before(logits) >= 1 - p),
        ),
        Mistake(
            "0 for the others",
            "the others get logit 0, and softmax gives them a share: e⁰ = 1",
            "which logit does softmax turn into exactly 0?",
            lambda logits, p: without(logits, before(logits) >= p, 0.0) if p < 1 else logits.clone(),
        ),
        Mistake(
            "probabilities returned",
            "softmax is taken here already; logits are asked for",
            "who draws takes the softmax: done twice it would flatten everything",
            lambda logits, p: _unless_all(lambda logits, p: before(logits) >= p)(logits, p).softmax(-1),
        ),
        Mistake(
            "the first row for all",
            "all rows keep as many tokens as the first one",
            "each row has a border of its own: sum along the last axis",
            _unless_all(
                lambda logits, p: ranks(logits) >= (before(logits) < p).reshape(-1, logits.shape[-1])[0].sum()
            ),
        ),
    ),
)
