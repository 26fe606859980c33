"""The answer key of `bits_per_byte`: all losses in bits over all bytes of UTF-8, by numpy."""

import math

import numpy as np

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week08_weights as checks


def _expected(losses, texts):
    nats = float(np.sum([each.numpy().sum() for each in losses]))
    return float(nats * np.log2(math.e)) / len(np.frombuffer("".join(texts).encode(), np.uint8))


def _nats(losses):
    return sum(each.sum().item() for each in losses)


def _n_bytes(texts):
    return sum(len(text.encode()) for text in texts)


def _over(count):
    """All bits, divided by something else than the bytes."""
    return lambda losses, texts: _nats(losses) / math.log(2) / count(losses, texts)


def _in(unit):
    """All nats in another unit, over all bytes."""
    return lambda losses, texts: unit(_nats(losses)) / _n_bytes(texts)


def _texts_alike(losses, texts):
    each = [_expected([own], [text]) for own, text in zip(losses, texts, strict=True)]
    return sum(each) / len(each)


ANSWER_KEY = AnswerKey(
    check=checks.bits_per_byte,
    expected=_expected,
    reference="the bits per byte",
    mistakes=(
        Mistake(
            "characters counted",
            "the texts' characters are counted; an emoji is one character and four bytes",
            "what did week 2 begin with?",
            _over(lambda losses, texts: sum(map(len, texts))),
        ),
        Mistake(
            "tokens counted",
            "these are bits per token: a model with longer tokens would look worse",
            "how many bytes do the texts have?",
            _over(lambda losses, texts: sum(map(len, losses))),
        ),
        Mistake(
            "nats per byte",
            "the losses are still in nats",
            "how many nats is one bit?",
            _in(lambda nats: nats),
        ),
        Mistake(
            "multiplied by ln 2",
            "the nats are multiplied by ln 2; a bit is less than a nat, so there must be more of them",
            "a fair coin costs 1 bit, and how many nats?",
            _in(lambda nats: nats * math.log(2)),
        ),
        Mistake(
            "decimal digits",
            "the nats are turned into decimal digits, not into bits",
            "the logarithm of 2, not of 10",
            _in(lambda nats: nats / math.log(10)),
        ),
        Mistake(
            "share of the file",
            "it is divided by 8 as well: that is the size of the packed text over that of the text",
            "bits over bytes",
            _in(lambda nats: nats / math.log(2) / 8),
        ),
        Mistake(
            "bytes per bit",
            "the fraction stands on its head",
            "bits over bytes",
            lambda losses, texts: 1 / _expected(losses, texts),
        ),
        Mistake(
            "texts count alike",
            "the mean is over the texts, however long they are",
            "all bits over all bytes",
            _texts_alike,
        ),
        Mistake(
            "mean loss over bytes",
            "the mean loss is divided by the bytes, not the sum",
            "all bits over all bytes",
            lambda losses, texts: _expected(losses, texts) / sum(map(len, losses)),
        ),
        Mistake(
            "never divided",
            "these are the bits of all texts together",
            "over how many bytes?",
            _over(lambda losses, texts: 1),
        ),
        Mistake(
            "first text only",
            "only the first text is counted",
            "both arguments are lists",
            lambda losses, texts: _expected(losses[:1], texts[:1]),
        ),
        Mistake(
            "two bytes a character",
            "the texts are encoded in UTF-16; GPT-2 reads UTF-8",
            "what does `text.encode()` do by itself?",
            _over(lambda losses, texts: sum(len(text.encode("utf-16-le")) for text in texts)),
        ),
    ),
)
