"""Steps of byte-pair encoding that the week's mistakes are built from."""

import functools
from collections import Counter
from itertools import pairwise

import regex

from utils.checks.inputs.gpt2_merges import all_ids

RULES = {
    "endings": r"'(?:[sdmt]|ll|re|ve)",
    "letters": r" ?\p{L}+",
    "numbers": r" ?\p{N}+",
    "others": r" ?[^\p{L}\p{N}\s]+",
    "before a word": r"\s+(?=\s|\Z)",
    "white space": r"\s+",
}
"""GPT-2's six rules for words, by name, in their order."""

GPT4 = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""The pattern of GPT-4's tokenizer."""


@functools.cache
def sign_table():
    """The character of each byte, in the order of GPT-2's ids: 188 printable bytes, then the other 68."""
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = sorted({*range(0x100)}.difference(prints))
    return dict(zip([*prints, *others], all_ids(), strict=False))


def signs(text):
    """The text, one sign for each of its bytes."""
    return "".join(map(sign_table().get, bytearray(text, "utf-8")))


def cut(text, order=tuple(RULES), **changed):
    """Words by GPT-2's rules, in another order or with some of them changed; an empty one is left out."""
    rules = RULES | {name.replace("_", " "): rule for name, rule in changed.items()}
    return regex.findall("|".join(rules[name] for name in order if rules[name]), text)


def fuse(pieces, pair):
    """The pieces with each occurrence of the pair joined, from left to right."""
    kept: list[str] = []
    for piece in pieces:
        if kept and (kept[-1], piece) == pair:
            kept[-1] += piece
        else:
            kept.append(piece)
    return kept


def neighbours(pieces):
    return [*pairwise(pieces)]


def lowest(pieces, ranks):
    """The neighbours with the lowest rank; None if no pair has one."""
    return min((pair for pair in neighbours(pieces) if pair in ranks), key=ranks.get, default=None)


def most_frequent(pieces, ranks):
    """Of the neighbours with a rank those that occur most often in these pieces."""
    seen = Counter(pair for pair in neighbours(pieces) if pair in ranks)
    return seen.most_common(1)[0][0] if seen else None


def merged(pieces, ranks, choose=lowest):
    """The pieces after merging pair after pair, each chosen by `choose(pieces, ranks)`."""
    pieces = list(pieces)
    while (pair := choose(pieces, ranks)) is not None:
        pieces = fuse(pieces, pair)
    return pieces


def encoded(text, ranks, vocab, words=cut, spell=signs, merge=merged):
    """The ids of a text, by steps that a mistake may change."""
    return [vocab[piece] for word in words(text) for piece in merge(spell(word), ranks)]
