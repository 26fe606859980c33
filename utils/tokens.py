"""GPT-2's own tokenizer, without a network: 50,257 ids, verified byte for byte.

The vocabulary and the merges come from the hub's cache if gpt2 is in it, else from the course's own copies of
OpenAI's files, in the folder reference/tokenizer.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from utils.reference import checksums, hub
from utils.reference.problems import ReferenceProblem

if TYPE_CHECKING:
    from transformers import GPT2Tokenizer

END_OF_TEXT = "<|endoftext|>"
"""The one special token, id 50256: GPT-2 saw it between any two documents."""

VOCABULARY_SHA256 = "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"
"""Of `vocab.json` on the hub, which is OpenAI's `encoder.json`."""

MERGES_SHA256 = "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
"""Of `merges.txt` on the hub, which is OpenAI's `vocab.bpe`."""

EMBEDDED = Path(__file__).parent / "reference" / "tokenizer"
"""The folder with the course's own copies of both files."""

VISIBLE = {" ": "·", "\n": "↵", "\t": "→"}
"""How `token_strings` shows white space: with the marks that text editors use."""


class VocabularyProblem(ReferenceProblem):
    """GPT-2's vocabulary is missing or damaged; the message says what to do."""


def load_tokenizer() -> "GPT2Tokenizer":
    """GPT-2's tokenizer as HF wraps it: no padding token, 1,024 tokens at most, silent about longer text.

    Each call makes a new one, so that a token you add to yours turns up in no other.

    Raises:
        VocabularyProblem: its files are missing or damaged.
    """
    from transformers import GPT2Tokenizer

    vocabulary, merges = vocabulary_files()
    tokenizer = GPT2Tokenizer(vocab=str(vocabulary), merges=str(merges), model_max_length=1024)
    # HF's own switch: the warning about longer text counts as given. Training texts are meant to be longer.
    tokenizer.deprecation_warnings["sequence-length-is-longer-than-the-specified-maximum"] = True
    return tokenizer


def vocabulary_files() -> tuple[Path, Path]:
    """The tokenizer's two files: the vocabulary (JSON, token to id) and the merges (text, in order).

    Raises:
        VocabularyProblem: no place has both files undamaged.
    """
    found = []
    for vocabulary, merges in _places():
        wrong = _wrong(vocabulary, VOCABULARY_SHA256) + _wrong(merges, MERGES_SHA256)
        if not wrong:
            return vocabulary, merges
        found += wrong
    raise VocabularyProblem(
        f"GPT-2's vocabulary cannot be read: {'; '.join(found)}. "
        "These files belong to the course: get them again from where you got it."
    )


def token_strings(ids: Iterable[int]) -> list[str]:
    """The pieces of text that the ids stand for, made to be seen: `["The", "·cat", "·sat"]`.

    White space gets the mark of `VISIBLE`. A token may hold a part of a character only, as in an emoji that
    takes several tokens; its bytes then stand as `\\xf0\\x9f`, and so do control characters.

    Args:
        ids: token ids, as numbers or as a tensor of shape (seq,).

    Raises:
        ValueError: an id is not one of GPT-2's 0 to 50256.
    """
    pieces = _pieces()
    numbers = [int(token) for token in ids]
    for place, number in enumerate(numbers):
        if not 0 <= number < len(pieces):
            raise ValueError(f"Token ids go from 0 to {len(pieces) - 1}; got {number} at place {place}.")
    return [pieces[number] for number in numbers]


def _places() -> Iterable[tuple[Path, Path]]:
    """Where the two files may be, the best place first."""
    for repository in hub.REPOSITORIES["gpt2"]:
        vocabulary = hub.cached_file(repository, "vocab.json")
        merges = hub.cached_file(repository, "merges.txt")
        if vocabulary and merges:
            yield vocabulary, merges
    yield EMBEDDED / "vocab.json", EMBEDDED / "merges.txt"


def _wrong(path: Path, sha256: str) -> list[str]:
    """What is wrong with a file: nothing (an empty list), or one phrase."""
    if not path.is_file():
        return [f"{path} is missing"]
    return [] if checksums.sha256(path) == sha256 else [f"{path} is damaged"]


@lru_cache(maxsize=1)
def _pieces() -> list[str]:
    """Every id's piece, made visible."""
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
