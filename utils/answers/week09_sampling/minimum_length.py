"""The answer key of `minimum_length`: HF's MinNewTokensLengthLogitsProcessor."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import minimum as hf_minimum
from utils.answers.oracles.hf_generation import processed
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, normalise_hidden
from utils.checks import week09_sampling as checks


def _expected(*, logits, tokens, prompt_length, minimum, stop_tokens):
    return processed(logits, hf_minimum(prompt_length, minimum, stop_tokens), tokens=tokens)


ANSWER_KEY = AnswerKey(
    check=checks.minimum_length,
    expected=_expected,
    reference="HF's MinNewTokensLengthLogitsProcessor",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
)
