"""The answer key of `encode`: GPT-2's own tokenizer or, with other merges, HF's BPE word by word."""

import functools
from collections import Counter

import regex

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.oracles.hf_tokenizer import gpt2_tokenizer, merge_by_hf, words_of
from utils.answers.week02_tokens._pieces import (
    GPT4,
    cut,
    encoded,
    lowest,
    merged,
    most_frequent,
    neighbours,
    signs,
)
from utils.checks import week02_tokens as checks
from utils.checks.inputs.gpt2_merges import part_for


def _expected_ids(text, merges, vocab):
    ids, part = dict(vocab), part_for(text)
    if merges == part["merges"] and part["vocab"].items() <= ids.items():
        return gpt2_tokenizer().encode(text, split_special_tokens=True)
    pairs = [tuple(merge) for merge in merges]
    return [ids[piece] for word in words_of(text) for piece in merge_by_hf(signs(word), pairs)]


def _encoding(**changed):
    """A mistake: encode with some of its steps replaced."""
    return lambda text, ranks, vocab: encoded(text, ranks, vocab, **changed)


def _frequent_in_text(text, ranks, vocab):
    """Merges by how often a pair occurs in the whole text."""
    words = [signs(word) for word in cut(text)]
    counts = Counter(pair for word in words for pair in neighbours(word))

    def choose(pieces, ranks):
        known = [pair for pair in neighbours(pieces) if pair in ranks]
        return max(known, key=lambda pair: counts[pair], default=None)

    return [vocab[piece] for word in words for piece in merged(word, ranks, choose)]


def _ids_from_ranks(text, ranks, vocab):
    made = {"".join(pair): 256 + rank for pair, rank in ranks.items()}
    return encoded(text, ranks, vocab | made)


ANSWER_KEY = AnswerKey(
    check=checks.encode,
    expected=_expected_ids,
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "not cut into words",
            "the text is not cut into words first, so that merges reach across the cuts",
            "encode_word takes one word",
            _encoding(words=lambda text: [text] if text else []),
        ),
        Mistake(
            "GPT-4's pattern",
            "the words are those of GPT-4's tokenizer, which cuts numbers after three digits",
            "the six rules of exercise 3 are GPT-2's",
            _encoding(words=functools.partial(regex.findall, GPT4)),
        ),
        Mistake(
            "ASCII letters only",
            "letters with accents and letters of other scripts are no letters when the text is cut",
            "which building block matches a letter of any script?",
            _encoding(words=lambda text: cut(text, letters=" ?[A-Za-z]+", others=r" ?[^A-Za-z\p{N}\s]+")),
        ),
        Mistake(
            "spaces lost",
            "the text is cut at white space, and the white space is lost",
            "decoded again, the ids must be the text",
            _encoding(words=str.split),
        ),
        Mistake(
            "words stripped",
            "the words have lost the white space around them",
            "a space in front belongs to the word",
            _encoding(words=lambda text: [word.strip() for word in cut(text) if word.strip()]),
        ),
        Mistake(
            "text stripped",
            "white space at the beginning or the end of the text is lost",
            "decoded again, the ids must be the text",
            _encoding(words=lambda text: cut(text.strip())),
        ),
        Mistake(
            "a space added in front",
            "a space has been added in front of the text",
            "nothing is added: 'Hello' at the start of a text has no space",
            _encoding(words=lambda text: cut(" " + text)),
        ),
        Mistake(
            "whole runs of spaces",
            "a run of spaces keeps its last space from the word behind it",
            "rule 5 of exercise 3",
            _encoding(words=lambda text: cut(text, before_a_word="")),
        ),
        Mistake(
            "small letters",
            "capital letters have become small ones",
            "decoded again, the ids must be the text",
            _encoding(words=lambda text: cut(text.lower())),
        ),
        Mistake(
            "bytes without their signs",
            "each byte is the character of the same number, not its sign; a space, for one, has no id",
            "which step between bytes and pieces is missing?",
            _encoding(spell=lambda word: bytearray(word, "utf-8").decode("latin-1")),
        ),
        Mistake(
            "characters, not bytes",
            "the words are taken as characters, not as the signs of their bytes",
            "from word to bytes to signs: exercises 1 and 2",
            _encoding(spell=lambda word: word),
        ),
        Mistake(
            "characters, with Ġ for the space",
            "the space has its sign, but other characters are not taken apart into bytes",
            "from word to bytes to signs: exercises 1 and 2",
            _encoding(spell=lambda word: word.replace(" ", "Ġ").replace("\n", "Ċ").replace("\t", "ĉ")),
        ),
        Mistake(
            "other characters dropped",
            "characters outside ASCII have been left out",
            "every character has bytes, and every byte a sign",
            _encoding(spell=lambda word: signs(word.encode("ascii", "ignore").decode())),
        ),
        Mistake(
            "nothing merged",
            "there is an id for every byte: nothing has been merged",
            "which function merges the signs of a word?",
            _encoding(merge=lambda word, ranks: word),
        ),
        Mistake(
            "by frequency in the word",
            "the pair that is most frequent in a word is merged first, not the one with the lowest rank",
            "what does a low rank say about when a merge was learned?",
            _encoding(merge=lambda word, ranks: merged(word, ranks, most_frequent)),
        ),
        Mistake(
            "by frequency in the text",
            "the pair that is most frequent in this text is merged first, not the one with the lowest rank",
            "ranks were fixed when training ended; the text at hand does not matter",
            _frequent_in_text,
        ),
        Mistake(
            "one merge a word",
            "each word is merged once only",
            "look again after each merge: there are new neighbours",
            _encoding(merge=lambda word, ranks: merged(word, ranks, _once(word))),
        ),
        Mistake(
            "last merge missing",
            "the last merge of the list is never used, as if the file had been cut off before its last line",
            "how many merges does the dict hold, and how many do you use?",
            lambda text, ranks, vocab: encoded(text, dict(list(ranks.items())[:-1]), vocab),
        ),
        Mistake(
            "ids from ranks",
            "ids are made from ranks, 256 + rank, instead of being looked up",
            "`vocab` says which id a piece has; `ranks` may be a part of GPT-2's",
            _ids_from_ranks,
        ),
        Mistake(
            "one list for each word",
            "there is a list of ids for each word, and all of them in another list",
            "the ids of all words stand in one list: += adds the entries of a list",
            lambda text, ranks, vocab: [encoded(word, ranks, vocab) for word in cut(text)],
        ),
        Mistake(
            "pieces, not ids",
            "these are the pieces, not their ids",
            "what is `vocab` for?",
            lambda text, ranks, vocab: encoded(text, ranks, {piece: piece for piece in vocab}),
        ),
        Mistake(
            "first word only",
            "only the first word is encoded",
            "where does the `return` stand, inside the loop or behind it?",
            _encoding(words=lambda text: cut(text)[:1]),
        ),
        Mistake(
            "last word only",
            "only the last word's ids come back",
            "are the ids of each word added to the others, or put in their place?",
            _encoding(words=lambda text: cut(text)[-1:]),
        ),
        Mistake(
            "each id once",
            "an id that occurs several times stands here once",
            "a list keeps order and repetition; a set or a dict does not",
            lambda text, ranks, vocab: list(dict.fromkeys(encoded(text, ranks, vocab))),
        ),
        Mistake(
            "end of text added",
            "<|endoftext|> has been added at the end",
            "nothing is added: no space in front, no special token",
            lambda text, ranks, vocab: [*encoded(text, ranks, vocab), 50256],
        ),
    ),
)


def _once(word):
    """Chooses the lowest pair, but only while the word is as it was."""
    return lambda pieces, ranks: lowest(pieces, ranks) if len(pieces) == len(word) else None
