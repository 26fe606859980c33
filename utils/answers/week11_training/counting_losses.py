"""The answer key of `counting_losses`: Python's Counter, and logs in float64."""

import math
from collections import Counter
from itertools import pairwise

from utils.answers.answer_key import AnswerKey
from utils.checks import week11_training as checks


def _expected(*, train, val, d_vocab):
    seen, asked = train.tolist(), val.tolist()
    singles, pairs, firsts = Counter(seen), Counter(pairwise(seen)), Counter(seen[:-1])
    unigram = [(singles[token] + 1) / (len(seen) + d_vocab) for token in asked[1:]]
    bigram = [(pairs[pair] + 1) / (firsts[pair[0]] + d_vocab) for pair in pairwise(asked)]
    return _surprise(unigram), _surprise(bigram)


def _surprise(probabilities):
    return -math.fsum(math.log(p) for p in probabilities) / len(probabilities)


ANSWER_KEY = AnswerKey(
    check=checks.counting_losses,
    expected=_expected,
    reference="counts by hand",
)
