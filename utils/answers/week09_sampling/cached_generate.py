"""The answer key of `cached_generate`: HF's generate with its own cache, or HF's probabilities."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import (
    continued,
    continued_in_a_window,
    pair_probabilities,
    temperature,
)
from utils.answers.week09_sampling._pieces import CHANCE
from utils.answers.week09_sampling.generate import (
    pair_frequencies,
    seeds_expected,
    seeds_observed,
)
from utils.checks import week09_sampling as checks


def _expected(*, model, tokens, n_new, asked):
    if asked == "seeds":
        return seeds_expected()
    if asked == "frequencies":
        return pair_probabilities(model, tokens, [temperature(1.8)])
    n_ctx = model["config"]["n_ctx"]
    if tokens.shape[1] + n_new > n_ctx:
        written = continued_in_a_window(model, tokens, n_new, n_ctx)
    else:
        written = continued(model, tokens, n_new, None)
    work = {checks.WORK: True, checks.READING: written} if asked == "tokens and work" else {}
    return {"tokens": written, **work}


def _observed(output, model, tokens, n_new, asked):
    if asked == "seeds":
        return seeds_observed(output)
    if asked == "frequencies":
        return pair_frequencies(output, tokens.shape[1], model["config"]["d_vocab"])
    return output


ANSWER_KEY = AnswerKey(
    check=checks.cached_generate,
    expected=_expected,
    observe=_observed,
    reference="HF's generate",
    tolerance=CHANCE,
)
