"""The answer key of `bits_per_byte`: all losses in bits over all bytes of UTF-8, by numpy."""

import math

import numpy as np

from utils.answers.answer_key import AnswerKey
from utils.checks import week08_weights as checks


def _expected(*, losses, texts):
    nats = float(np.sum([each.numpy().sum() for each in losses]))
    return float(nats * np.log2(math.e)) / len(np.frombuffer("".join(texts).encode(), np.uint8))


ANSWER_KEY = AnswerKey(
    check=checks.bits_per_byte,
    expected=_expected,
    reference="the bits per byte",
)
