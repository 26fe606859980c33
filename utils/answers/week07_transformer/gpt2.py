"""The answer key of `GPT2`: HF's GPT2LMHeadModel, and a clear error where HF has none."""

import re

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_model import run_hf_model
from utils.answers.week07_transformer._pieces import DEEP
from utils.checks import week07_transformer as checks
from utils.checks.engine.observation import tensors

_CLEAR_ERROR = "a ValueError that names both lengths"


def _expected_logits(*, config, weights, tokens, training):
    fits = tokens.shape[1] <= config["n_ctx"]
    return {
        "number of learned parameters": sum(each.numel() for each in tensors(weights)),
        "what it gives": checks.LOGITS if fits else _CLEAR_ERROR,
        "logits": run_hf_model(config, weights, tokens) if fits else None,
    }


def _with_lengths_found(output, config, tokens, **inputs):
    """Returns the output with a description in place of a ValueError's message."""
    given = output["what it gives"]
    if given is None or given == checks.LOGITS or given.startswith(checks.OTHER_ERROR):
        return output
    both = {str(tokens.shape[1]), str(config["n_ctx"])} <= set(re.findall(r"\d+", given))
    said = _CLEAR_ERROR if both else "a ValueError that does not name both lengths"
    return {**output, "what it gives": said}


ANSWER_KEY = AnswerKey(
    check=checks.GPT2,
    expected=_expected_logits,
    observe=_with_lengths_found,
    tolerance=DEEP,
)
