"""GPT-2's own tokenizer, without a network: 50,257 ids, and the text of each token.

The files that it is read from are those of `utils.reference.tokenizer_files`.
"""

import json
from collections.abc import Iterable
from functools import lru_cache

from utils.reference.tokenizer_files import (
    END_OF_TEXT,
    VocabularyProblem,
    load_tokenizer,
    vocabulary_files,
)

__all__ = [
    "END_OF_TEXT",
    "VISIBLE",
    "VocabularyProblem",
    "load_tokenizer",
    "token_strings",
    "vocabulary_files",
]

VISIBLE = {" ": "·", "\n": "↵", "\t": "→"}
"""The marks by which `token_strings` shows white space, as text editors do."""


def token_strings(ids: Iterable[int]) -> list[str]:
    r"""Return the text of each token with its white space visible: `["The", "·cat", "·sat"]`.

    White space is shown by the marks in `VISIBLE`. A token may hold only a part of a character, as in an
    emoji that takes several tokens; its bytes are then shown as `\xf0\x9f`, and so are control characters.

    Args:
        ids: Token ids, as numbers or as a tensor of shape (seq,).

    Raises:
        ValueError: An id is not one of GPT-2's 0 to 50256.
    """
    pieces = _pieces()
    numbers = [int(token) for token in ids]
    for place, number in enumerate(numbers):
        if not 0 <= number < len(pieces):
            raise ValueError(f"Token ids go from 0 to {len(pieces) - 1}; got {number} at place {place}.")
    return [pieces[number] for number in numbers]


@lru_cache(maxsize=1)
def _pieces() -> list[str]:
    """Return the visible text of every token, by id."""
    # GPT-2's files write each of the 256 bytes as one printable character; this table is HF's.
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    byte_of = {character: byte for byte, character in bytes_to_unicode().items()}
    ids = json.loads(vocabulary_files()[0].read_text(encoding="utf-8"))
    return [_visible(bytes(byte_of[character] for character in token)) for token in sorted(ids, key=ids.get)]


def _visible(piece: bytes) -> str:
    text = piece.decode("utf-8", errors="backslashreplace")
    return "".join(VISIBLE.get(character) or _printable(character) for character in text)


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
