"""The answer key of `hooked`: HF's model under hooks that do the same, and no hook left."""

import torch

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_inside import run
from utils.answers.oracles.hf_model import hf_model
from utils.checks import week12_inside as checks


def _expected(*, config, weights, tokens, later, steps, factor, accident, as_list):
    model = hf_model(config, weights)
    foreign = (steps[0][0] if steps else "embed", lambda output: torch.mul(factor, output))
    changes = [(name, _CHANGES[how]) for name, how in steps]
    return {
        "logits inside the with block": run(model, tokens, [foreign, *changes])[0],
        "an error in the with block": "the error reaches the caller" if accident else "no error",
        "own hooks left afterwards": 0,
        "logits of a run afterwards": run(model, later.flip(0) if accident else later, [foreign])[0],
    }


_CHANGES = {"thrice": lambda output: torch.add(output, output, alpha=2), "tanh": torch.tanh}


ANSWER_KEY = AnswerKey(
    check=checks.hooked,
    expected=_expected,
    reference="GPT-2 under HF's hooks",
)
