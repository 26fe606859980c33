"""Stories to token ids, fast: the story world's few hundred words are encoded once each and remembered."""

import re
from functools import cache
from typing import TYPE_CHECKING

from utils.tokens import vocabulary_files

if TYPE_CHECKING:
    from tokenizers import ByteLevelBPETokenizer

WORD = re.compile(r" ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+")
"""GPT-2's splitting of text into words, for ASCII without apostrophes. Merges never cross these borders, so
that words can be encoded one by one."""


@cache
def _tokenizer() -> "ByteLevelBPETokenizer":
    from tokenizers import ByteLevelBPETokenizer

    vocabulary, merges = vocabulary_files()
    return ByteLevelBPETokenizer(str(vocabulary), str(merges))


@cache
def _word_tokens(word: str) -> tuple[int, ...]:
    return tuple(_tokenizer().encode(word).ids)


def story_tokens(text: str) -> list[int]:
    """GPT-2's token ids of a story, the same as its tokenizer gives, without <|endoftext|>."""
    return [token for word in WORD.findall(text) for token in _word_tokens(word)]
