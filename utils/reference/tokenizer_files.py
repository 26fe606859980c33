"""GPT-2's tokenizer and the two files that it is read from, verified byte for byte.

The vocabulary and the merges come from the hub's cache if gpt2 is in it, else from the course's own copies of
OpenAI's files, in the folder `tokenizer` beside this module.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from utils.reference import checksums, hub
from utils.reference.problems import ReferenceProblem

if TYPE_CHECKING:
    from transformers import GPT2Tokenizer

END_OF_TEXT = "<|endoftext|>"
"""The one special token, id 50256: in GPT-2's training data it stood between any two documents."""

VOCABULARY_SHA256 = "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"
"""Of `vocab.json` on the hub, which is OpenAI's `encoder.json`."""

MERGES_SHA256 = "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
"""Of `merges.txt` on the hub, which is OpenAI's `vocab.bpe`."""

EMBEDDED = Path(__file__).parent / "tokenizer"
"""The folder with the course's own copies of both files."""


class VocabularyProblem(ReferenceProblem):
    """GPT-2's vocabulary is missing or damaged; the message says what to do."""


def load_tokenizer() -> "GPT2Tokenizer":
    """Load GPT-2's tokenizer as HF wraps it: no padding token, n_ctx 1,024, no warning about longer text.

    Each call makes a new one, so that a token you add to yours turns up in no other.

    Raises:
        VocabularyProblem: Its files are missing or damaged.
    """
    from transformers import GPT2Tokenizer

    vocabulary, merges = vocabulary_files()
    tokenizer = GPT2Tokenizer(vocab=str(vocabulary), merges=str(merges), model_max_length=1024)
    # HF's own switch: it marks the warning about longer text as given. Training texts are meant to be longer.
    tokenizer.deprecation_warnings["sequence-length-is-longer-than-the-specified-maximum"] = True
    return tokenizer


def vocabulary_files() -> tuple[Path, Path]:
    """Return the paths of the vocabulary (JSON, token to id) and of the merges (text, in order).

    Raises:
        VocabularyProblem: Both files are missing or damaged in every place.
    """
    found = []
    for vocabulary, merges in _places():
        defects = _defects(vocabulary, VOCABULARY_SHA256) + _defects(merges, MERGES_SHA256)
        if not defects:
            return vocabulary, merges
        found += defects
    raise VocabularyProblem(
        f"GPT-2's vocabulary cannot be read: {'; '.join(found)}. "
        "These files belong to the course: get them again from where you got it."
    )


def _places() -> Iterable[tuple[Path, Path]]:
    """Yield the paths at which the two files may be, the preferred ones first."""
    for repository in hub.REPOSITORIES["gpt2"]:
        vocabulary = hub.cached_file(repository, "vocab.json")
        merges = hub.cached_file(repository, "merges.txt")
        if vocabulary and merges:
            yield vocabulary, merges
    yield EMBEDDED / "vocab.json", EMBEDDED / "merges.txt"


def _defects(path: Path, sha256: str) -> list[str]:
    """Return one phrase about what is wrong with a file, in a list; an empty list if nothing is."""
    if not path.is_file():
        return [f"{path} is missing"]
    return [] if checksums.sha256(path) == sha256 else [f"{path} is damaged"]
