"""The answer key of `no_repeat_ngram`: HF's NoRepeatNGramLogitsProcessor."""

from utils.answers.answer_key import AnswerKey
from utils.answers.oracles.hf_generation import no_ngram_twice, processed
from utils.answers.week09_sampling._pieces import EXACT_LOGITS, normalise_hidden
from utils.checks import week09_sampling as checks


def _expected(*, logits, tokens, n):
    return processed(logits, no_ngram_twice(n), tokens=tokens)


ANSWER_KEY = AnswerKey(
    check=checks.no_repeat_ngram,
    expected=_expected,
    reference="HF's NoRepeatNGramLogitsProcessor",
    tolerance=EXACT_LOGITS,
    normalise=normalise_hidden,
)
