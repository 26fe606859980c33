"""The answer key of `generate`: HF's own generate; for random draws, HF's probabilities."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import continued, continued_in_a_window, pair_probabilities
from utils.answers.oracles.hf_generation import temperature as hf_temperature
from utils.answers.oracles.hf_generation import top_k as hf_top_k
from utils.answers.oracles.hf_generation import top_p as hf_top_p
from utils.answers.week09_sampling._pieces import CHANCE
from utils.checks import week09_sampling as checks
from utils.checks.measure.sampling_statistics import token_frequencies
from utils.checks.watch.global_random import untouched_numbers

WRITTEN_WITH_SEEDS = {
    "the same seed writes the same": True,
    "another seed writes another": True,
    "without a seed it differs": True,
    "every row is drawn by itself": True,
}


def seeds_expected():
    """Return the expected outcome for texts generated with seeds and without."""
    return {**WRITTEN_WITH_SEEDS, "torch's own next numbers": untouched_numbers()}


def seeds_observed(texts):
    """Return the compared properties of texts generated with seeds and without (`week09_sampling._seeds`)."""
    one, again, other = (texts[name] for name in ("seed 0", "seed 0 again", "seed 1"))
    properties = (
        torch.equal(one, again),
        not torch.equal(one, other),
        not torch.equal(texts["no seed"], texts["no seed again"]),
        len(one.unique(dim=0)) > 1,
    )
    own = texts["torch's own next numbers"]
    return {**dict(zip(WRITTEN_WITH_SEEDS, properties, strict=True)), "torch's own next numbers": own}


def pair_frequencies(written, seq, d_vocab):
    """Return the frequency of each pair of tokens after a prompt of `seq` tokens."""
    first, second = written[:, seq], written[:, seq + 1]
    return token_frequencies(first * d_vocab + second, d_vocab**2).reshape(d_vocab, d_vocab)


def _observed(output, model, tokens, asked, **more):
    if asked == "seeds":
        return seeds_observed(output)
    if asked == "frequencies":
        return pair_frequencies(output, tokens.shape[1], model["config"]["d_vocab"])
    return output


def _expected(*, model, tokens, n_new, n_ctx, how, asked, signs=None):
    if asked == "recording":
        return {"tokens": continued(checks.with_signs(model, signs), tokens, n_new, None)}
    if asked == "seeds":
        return seeds_expected()
    if asked == "frequencies":
        return pair_probabilities(model, tokens, _processors(how))
    if tokens.shape[1] + n_new > n_ctx:
        penalties = _processors({"penalties": how.get("penalties", [])})
        written = continued_in_a_window(model, tokens, n_new, n_ctx, penalties)
    else:
        written = continued(model, tokens, n_new, how.get("stop_token"))
    return {"tokens": written, "gradients recorded": False}


def _processors(how):
    """Return HF's penalties, then HF's warpers."""
    by_name = {"temperature": hf_temperature, "top_k": hf_top_k, "top_p": hf_top_p}
    penalties = [
        lambda tokens, logits, name=name: checks.PENALTIES[name](logits, tokens)
        for name in how.get("penalties", [])
    ]
    return [*penalties, *(make(how[name]) for name, make in by_name.items() if name in how)]


ANSWER_KEY = AnswerKey(
    check=checks.generate,
    expected=_expected,
    observe=_observed,
    reference="HF's generate",
    tolerance=CHANCE,
)
