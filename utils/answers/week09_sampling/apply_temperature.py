"""The answer key of `apply_temperature`: HF's TemperatureLogitsWarper; at 0, all for numpy's argmax."""

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.oracles.hf_generation import processed
from utils.answers.oracles.hf_generation import temperature as hf_temperature
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, normalise_hidden, ranks, without
from utils.checks import week09_sampling as checks


def _expected(logits, temperature):
    if temperature > 0:
        return processed(logits, hf_temperature(temperature))
    best = torch.from_numpy(logits.numpy().argmax(axis=-1, keepdims=True))
    return torch.full_like(logits, -torch.inf).scatter(-1, best, 0.0)


def _scaled(warm, cold=lambda logits: without(torch.zeros_like(logits), ranks(logits) > 0)):
    """A temperature in two parts: above 0, and at 0."""
    return lambda logits, temperature: warm(logits, temperature) if temperature else cold(logits)


def _divide(logits, temperature):
    return logits * (1 / temperature)


ANSWER_KEY = AnswerKey(
    check=checks.apply_temperature,
    expected=_expected,
    reference="HF's TemperatureLogitsWarper",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
    mistakes=(
        Mistake(
            "multiplied",
            "the logits are multiplied by the temperature: hot and cold are swapped",
            "should the differences between logits grow or shrink when it gets hot?",
            _scaled(lambda logits, temperature: logits * temperature),
        ),
        Mistake(
            "divided by zero",
            "at temperature 0 the logits are divided by 0: ±inf, and NaN where a logit is 0 or −inf",
            "temperature 0 is a case of its own: greedy",
            lambda logits, temperature: logits / temperature,
        ),
        Mistake(
            "0 left alone",
            "at temperature 0 the logits come back as they were, and would be drawn from",
            "temperature 0 is greedy: only one token is left",
            _scaled(_divide, cold=lambda logits: logits.clone()),
        ),
        Mistake(
            "0 made small",
            "temperature 0 is replaced by a small number, so that two nearly equal logits both stay possible",
            "temperature 0 is greedy: only one token is left",
            lambda logits, temperature: logits / max(temperature, 1e-4),
        ),
        Mistake(
            "1 is greedy",
            "greedy at temperature 1: that is where nothing changes at all",
            "which temperature is the greedy one?",
            lambda logits, temperature: _scaled(_divide)(logits, 0.0 if temperature == 1 else temperature),
        ),
        Mistake(
            "after the softmax",
            "softmax comes first, and the temperature divides probabilities: their ratios stay the same",
            "the temperature works on logits, before softmax",
            _scaled(lambda logits, temperature: logits.softmax(-1) / temperature),
        ),
        Mistake(
            "probabilities returned",
            "softmax is taken here already; logits are asked for",
            "who draws takes the softmax: done twice it would flatten everything",
            _scaled(lambda logits, temperature: (logits / temperature).softmax(-1)),
        ),
        Mistake(
            "temperature ignored",
            "the logits come back as they were, at any temperature",
            "where does `temperature` come in?",
            _scaled(lambda logits, temperature: logits.clone()),
        ),
        Mistake(
            "all of the equal ones",
            "at temperature 0 all of several equal logits stay; greedy takes the first",
            "which one does argmax name? A comparison with the maximum finds them all",
            _scaled(_divide, cold=lambda logits: without(0 * logits, logits < logits.amax(-1, keepdim=True))),
        ),
        Mistake(
            "one for the whole batch",
            "at temperature 0 all rows keep one and the same token: a single one of the whole batch",
            "each row has a largest logit of its own",
            _scaled(
                _divide,
                cold=lambda logits: torch.full_like(logits, -torch.inf).index_fill(
                    -1, logits.flatten().argmax() % logits.shape[-1], 0.0
                ),
            ),
        ),
        Mistake(
            "one-hot",
            "at temperature 0 the others have logit 0, and softmax still gives them a share",
            "which logit does softmax turn into exactly 0?",
            _scaled(_divide, cold=lambda logits: (ranks(logits) == 0).to(logits.dtype)),
        ),
        Mistake(
            "the largest as it was",
            "at temperature 0 the largest logit keeps its value; agreed is 0",
            "read the first paragraphs again: what does the largest logit become?",
            _scaled(_divide, cold=lambda logits: without(logits, ranks(logits) > 0)),
        ),
        Mistake(
            "a token instead of logits",
            "at temperature 0 ids are returned, where logits of the same shape are asked for",
            "the result has the input's shape, at every temperature",
            _scaled(_divide, cold=lambda logits: logits.max(-1).indices),
        ),
    ),
)
