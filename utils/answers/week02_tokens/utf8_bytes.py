"""The answer key of `utf8_bytes`: Python's own codec."""

import codecs

from utils.answers.answer_key import AnswerKey
from utils.answers.compare import EXACT
from utils.checks import week02_tokens as checks


def _kept_as(text, encoding, errors="strict"):
    return [*codecs.encode(text, encoding, errors)]


ANSWER_KEY = AnswerKey(
    check=checks.utf8_bytes,
    expected=lambda *, text: _kept_as(text, "utf-8"),
    reference="Python's own UTF-8",
    tolerance=EXACT,
)
