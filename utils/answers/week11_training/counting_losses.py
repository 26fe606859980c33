"""The answer key of `counting_losses`: Python's Counter, and logs in float64."""

import math
from collections import Counter
from itertools import pairwise

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week11_training as checks


def _expected(train, val, d_vocab):
    seen, asked = train.tolist(), val.tolist()
    singles, pairs, firsts = Counter(seen), Counter(pairwise(seen)), Counter(seen[:-1])
    unigram = [(singles[token] + 1) / (len(seen) + d_vocab) for token in asked[1:]]
    bigram = [(pairs[pair] + 1) / (firsts[pair[0]] + d_vocab) for pair in pairwise(asked)]
    return _surprise(unigram), _surprise(bigram)


def _surprise(probabilities):
    return -math.fsum(math.log(p) for p in probabilities) / len(probabilities)


def _by_tables(train, val, d_vocab, extra=1.0, by_row=True, joint=False):
    """The probabilities of all pairs in val, from tables of counts; each mistake changes something."""
    table = torch.full((d_vocab, d_vocab), extra, dtype=torch.float64)
    for first, second in pairwise(train.tolist()):
        table[first, second] += 1
    singles = extra + torch.bincount(train, minlength=d_vocab).double()
    total = table.sum() if joint else table.sum(int(by_row), keepdim=True)
    bigram = table / total
    return (singles / singles.sum())[val[1:]], bigram[val[:-1], val[1:]]


def _with(finish=lambda p: -p.log().mean().item(), **changes):
    return lambda train, val, d_vocab: tuple(map(finish, _by_tables(train, val, d_vocab, **changes)))


def _counted_on_val(train, val, d_vocab):
    return _expected(val, val, d_vocab)


def _judged_on_train(train, val, d_vocab):
    return _expected(train, train, d_vocab)


def _first_token_too(train, val, d_vocab):
    counts = torch.bincount(train, minlength=d_vocab) + 1
    return -(counts / counts.sum())[val].log().mean().item(), _expected(train, val, d_vocab)[1]


def _smoothed_above_only(train, val, d_vocab):
    seen, asked = train.tolist(), val.tolist()
    singles, pairs, firsts = Counter(seen), Counter(pairwise(seen)), Counter(seen[:-1])
    unigram = [(singles[token] + 1) / len(seen) for token in asked[1:]]
    bigram = [(pairs[pair] + 1) / max(firsts[pair[0]], 1) for pair in pairwise(asked)]
    return _surprise(unigram), _surprise(bigram)


def _conditioned_on_the_next(train, val, d_vocab):
    table = torch.ones(d_vocab, d_vocab, dtype=torch.float64)
    for first, second in pairwise(train.tolist()):
        table[second, first] += 1
    backwards = table / table.sum(1, keepdim=True)
    return _expected(train, val, d_vocab)[0], -backwards[val[:-1], val[1:]].log().mean().item()


ANSWER_KEY = AnswerKey(
    check=checks.counting_losses,
    expected=_expected,
    reference="counts by hand",
    mistakes=(
        Mistake(
            "nothing added to the counts",
            "what the training text never has gets probability 0, and −log 0 is infinite",
            "every count begins at 1",
            _with(extra=0.0),
        ),
        Mistake(
            "counted on the validation text",
            "the counts are taken from the text that is to be predicted: that is looking at the answers",
            "which text is counted, and which is predicted?",
            _counted_on_val,
        ),
        Mistake(
            "judged on the training text",
            "the loss is that of the training text",
            "which text is counted, and which is predicted?",
            _judged_on_train,
        ),
        Mistake(
            "pairs not divided by the first token",
            "the pair's share of all pairs is used, not the second token's share after the first",
            "how likely is the second token, given the first? What must each row add up to?",
            _with(joint=True),
        ),
        Mistake(
            "columns add up to 1",
            "each column of the table adds up to 1, so that it tells the first token from the second",
            "given the first token, the second is drawn: which axis is summed?",
            _with(by_row=False),
        ),
        Mistake(
            "pairs the wrong way round",
            "the table counts (second, first), so that each token is predicted from the one after it",
            "which index of the table is the token before?",
            _conditioned_on_the_next,
        ),
        Mistake(
            "bits, not nats",
            "these are logarithms to the base 2",
            "log, not log2: the loss of week 10 is in nats",
            _with(finish=lambda p: -p.log2().mean().item()),
        ),
        Mistake(
            "summed, not averaged",
            "the losses of all tokens are added up",
            "the loss per predicted token: mean",
            _with(finish=lambda p: -p.log().sum().item()),
        ),
        Mistake(
            "log of the mean",
            "the probabilities are averaged first, and then the logarithm is taken",
            "each token has its own −log p; their mean is the loss",
            _with(finish=lambda p: -p.mean().log().item()),
        ),
        Mistake(
            "perplexity",
            "e to the power of the loss is the perplexity",
            "the loss itself, in nats",
            _with(finish=lambda p: math.exp(-p.log().mean())),
        ),
        Mistake(
            "sign forgotten",
            "the mean of log p is negative; a loss is −log p",
            "the sign",
            _with(finish=lambda p: p.log().mean().item()),
        ),
        Mistake(
            "first token predicted as well",
            "the unigram's mean includes the first token, which no model is asked to predict",
            "both are judged on the same tokens: val[1:]",
            _first_token_too,
        ),
        Mistake(
            "the added ones are not in the sum",
            "1 is added to each count but not to what it is divided by: the shares add up to more than 1",
            "if d_vocab counts are larger by 1, by how much is their sum?",
            _smoothed_above_only,
        ),
    ),
)
