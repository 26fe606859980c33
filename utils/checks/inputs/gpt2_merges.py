"""The part of GPT-2's merges and ids that a text can use, small enough to send with a case."""

import functools
import json
from typing import Any

from utils.reference.tokenizer_files import vocabulary_files


@functools.cache
def all_merges() -> tuple[tuple[str, str], ...]:
    """Returns GPT-2's 50,000 merges, in the order in which they were learned.

    Raises:
        VocabularyProblem: the file is missing or damaged.
    """
    lines = vocabulary_files()[1].read_text(encoding="utf-8").splitlines()
    return tuple((left, right) for left, _, right in (line.partition(" ") for line in lines[1:]))


@functools.cache
def all_ids() -> dict[str, int]:
    """Returns the id of every piece of GPT-2's vocabulary, written in signs, in the ids' order.

    Raises:
        VocabularyProblem: the file is missing or damaged.
    """
    ids = json.loads(vocabulary_files()[0].read_text(encoding="utf-8"))
    return dict(sorted(ids.items(), key=lambda item: item[1]))


def signs(text: str) -> str:
    """Returns the text as GPT-2's files write it: one printable sign for each of its bytes."""
    from tokenizers.pre_tokenizers import ByteLevel

    pieces = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
    return "".join(piece for piece, _ in pieces)


def part_for(text: str) -> dict[str, Any]:
    """Returns the part of GPT-2 that encoding `text` can use: `merges` in their order, and `vocab` with
    GPT-2's ids.

    A merge is included if its result occurs in the text, even across the borders of words, so that a solution
    that does not split the text fails just as it would with all merges.
    """
    written = signs(text)
    merges = [[left, right] for left, right in all_merges() if left + right in written]
    pieces = [*list(all_ids())[:256], *("".join(merge) for merge in merges)]
    return {"merges": merges, "vocab": {piece: all_ids()[piece] for piece in pieces}}
