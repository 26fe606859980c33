"""The answer key of `perplexity`: numpy's exponential of the mean over all tokens."""

import numpy as np

from utils.answers.answer_key import AnswerKey
from utils.checks import week08_weights as checks

ANSWER_KEY = AnswerKey(
    check=checks.perplexity,
    expected=lambda *, losses: float(np.exp(np.mean(np.concatenate([each.numpy() for each in losses])))),
    reference="the perplexity",
)
