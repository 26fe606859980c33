"""The answer key of `top_p_filter`: HF's TopPLogitsWarper; of equal logits any may stay."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import processed, top_p
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, normalise_hidden
from utils.checks import week09_sampling as checks


def _expected(*, logits, p, tied):
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


ANSWER_KEY = AnswerKey(
    check=checks.top_p_filter,
    expected=_expected,
    observe=_observed,
    reference="HF's TopPLogitsWarper",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
)
