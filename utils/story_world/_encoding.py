"""Fast encoding of stories: the token ids of each of the story world's few hundred words are cached."""

import re
from functools import cache
from typing import TYPE_CHECKING

from utils.reference.tokenizer_files import vocabulary_files

if TYPE_CHECKING:
    from tokenizers import ByteLevelBPETokenizer

WORD = re.compile(r" ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+")
"""GPT-2's splitting of text into words, for ASCII without apostrophes. Merges never cross these borders, so
words can be encoded one by one."""


@cache
def tokenizer() -> "ByteLevelBPETokenizer":
    """Return GPT-2's tokenizer; loaded once."""
    from tokenizers import ByteLevelBPETokenizer

    vocabulary, merges = vocabulary_files()
    return ByteLevelBPETokenizer(str(vocabulary), str(merges))


@cache
def _word_tokens(word: str) -> tuple[int, ...]:
    return tuple(tokenizer().encode(word).ids)


def story_tokens(text: str) -> list[int]:
    """Return GPT-2's token ids of a story, without <|endoftext|>, exactly as the tokenizer's."""
    return [token for word in WORD.findall(text) for token in _word_tokens(word)]
