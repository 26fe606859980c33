"""The answer key of `encode_special`: GPT-2's own tokenizer with the special tokens added."""

import functools
import re

from utils.answers.answer_key import AnswerKey, Mistake
from utils.answers.compare import EXACT
from utils.answers.week02_tokens._pieces import encoded
from utils.checks import week02_tokens as checks
from utils.reference.tokenizer_files import END_OF_TEXT, vocabulary_files


@functools.cache
def _with_special(special_tokens):
    """HF's byte-level BPE with GPT-2's merges, to which these tokens are special, and no others."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    tokenizer = Tokenizer(BPE.from_file(*map(str, vocabulary_files())))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.add_special_tokens(list(special_tokens))
    return tokenizer


def _expected_special(text, merges, vocab, special_tokens):
    ids = dict(vocab)
    return [ids[token] for token in _with_special(tuple(special_tokens)).encode(text).tokens]


def _parts(text, special_tokens, choose=lambda tokens: sorted(tokens, key=len, reverse=True)):
    """The text's stretches, in order: special tokens, and what lies between."""
    parts, start = [], 0
    while start < len(text):
        places = [
            (text.find(token, start), token) for token in choose(special_tokens) if token in text[start:]
        ]
        # min takes the first of several equal places: `choose` decides which token that is.
        at, token = min(places, key=lambda found: found[0], default=(len(text), ""))
        parts += [part for part in (text[start:at], token) if part]
        start = at + len(token)
    return parts


def _ids(parts, ranks, vocab, special_tokens):
    return [
        token
        for part in parts
        for token in ([vocab[part]] if part in special_tokens else encoded(part, ranks, vocab))
    ]


def _cutting(parts_of):
    """A mistake: `parts_of` cuts the text at its special tokens."""
    return lambda text, ranks, vocab, special: _ids(parts_of(text, special), ranks, vocab, special)


def _first_of_each(text, special_tokens):
    parts = _parts(text, special_tokens)
    kept = []
    for part in parts:
        if part in special_tokens and part not in kept:
            kept.append(part)
        elif kept and kept[-1] not in special_tokens:
            kept[-1] += part
        else:
            kept.append(part)
    return kept


def _unescaped(text, special_tokens):
    pattern = "|".join(special_tokens)
    return [part for part in re.split(f"({pattern})", text) if part] if special_tokens else [text]


def _pattern_of_nothing(text, special_tokens):
    pattern = "|".join(map(re.escape, sorted(special_tokens, key=len)[::-1]))
    return [part for part in re.split(f"({pattern})", text) if part]


def _up_to_last(text, special_tokens):
    parts = _parts(text, special_tokens)
    while special_tokens and parts and parts[-1] not in special_tokens:
        parts.pop()
    return parts


ANSWER_KEY = AnswerKey(
    check=checks.encode_special,
    expected=_expected_special,
    tolerance=EXACT,
    mistakes=(
        Mistake(
            "special tokens cut up",
            "special tokens are cut into pieces like any other text",
            "look for them before anything else",
            lambda text, ranks, vocab, special: encoded(text, ranks, vocab),
        ),
        Mistake(
            "special tokens lost",
            "special tokens have been left out",
            "`split` throws away what it cuts at, unless the pattern stands in brackets",
            _cutting(lambda text, special: [part for part in _parts(text, special) if part not in special]),
        ),
        Mistake(
            "pattern not escaped",
            "the | inside a special token is taken as the pattern's own “or”",
            "which function takes a string's special meaning away?",
            _cutting(_unescaped),
        ),
        Mistake(
            "shorter one first",
            "where two special tokens begin at the same place, the shorter one is taken",
            "in a pattern the first that fits counts: in which order do they stand?",
            _cutting(lambda text, special: _parts(text, special, lambda tokens: sorted(tokens, key=len))),
        ),
        Mistake(
            "an empty list cuts everywhere",
            "with no special tokens the text falls into characters: an empty pattern matches everywhere",
            "treat the empty list by itself",
            _cutting(_pattern_of_nothing),
        ),
        Mistake(
            "only the first of each",
            "only the first occurrence of a special token is found",
            "look for it again behind the place where you found it",
            _cutting(_first_of_each),
        ),
        Mistake(
            "spaces around them lost",
            "white space beside a special token has been taken away",
            "spaces beside a special token belong to the text",
            _cutting(lambda text, special: [p if p in special else p.strip() for p in _parts(text, special)]),
        ),
        Mistake(
            "always <|endoftext|>",
            "every special token gets the id of <|endoftext|>",
            "each has an id of its own in `vocab`",
            lambda text, ranks, vocab, special: _ids(
                _parts(text, special), ranks, vocab | dict.fromkeys(special, 50256), special
            ),
        ),
        Mistake(
            "only <|endoftext|>",
            "<|endoftext|> is the only special token that is looked for",
            "the argument says which special tokens there are",
            lambda text, ranks, vocab, special: _ids(
                _parts(text, [END_OF_TEXT]), ranks, vocab | {END_OF_TEXT: 50256}, [END_OF_TEXT]
            ),
        ),
        Mistake(
            "special tokens last",
            "all special tokens stand at the end, behind the text",
            "they keep their places in the text",
            _cutting(lambda text, special: sorted(_parts(text, special), key=lambda part: part in special)),
        ),
        Mistake(
            "end of text added",
            "<|endoftext|> has been added at the end",
            "nothing is added to the text",
            lambda text, ranks, vocab, special: [
                *_ids(_parts(text, special), ranks, vocab, special),
                50256,
            ],
        ),
        Mistake(
            "text after the last one lost",
            "the text behind the last special token is lost",
            "what is left when the loop has found the last one?",
            _cutting(_up_to_last),
        ),
        Mistake(
            "one list for each part",
            "the ids of each stretch of text stand in a list of their own",
            "the ids of all parts stand in one list: += adds the entries of a list",
            lambda text, ranks, vocab, special: [
                vocab[part] if part in special else encoded(part, ranks, vocab)
                for part in _parts(text, special)
            ],
        ),
        Mistake(
            "whole text only",
            "a special token is recognised only when it is the whole text",
            "it may stand anywhere in the text",
            lambda text, ranks, vocab, special: _ids([text], ranks, vocab, special),
        ),
    ),
)
