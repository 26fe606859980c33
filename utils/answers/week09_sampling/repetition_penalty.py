"""The answer key of `repetition_penalty`: HF's RepetitionPenaltyLogitsProcessor, which is CTRL's."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import processed, repetition
from utils.answers.week09_sampling._pieces import EXACT_LOGITS
from utils.checks import week09_sampling as checks


def _expected(*, logits, tokens, penalty):
    return processed(logits, repetition(penalty), tokens=tokens)


ANSWER_KEY = AnswerKey(
    check=checks.repetition_penalty,
    expected=_expected,
    reference="HF's RepetitionPenaltyLogitsProcessor",
    tolerance=EXACT_LOGITS,
)
