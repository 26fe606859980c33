"""GPT-2's merges and ids, cut down to what a text can use: small enough to hand over with a case."""

import functools
import json
from typing import Any

from utils.tokens import vocabulary_files


@functools.cache
def all_merges() -> tuple[tuple[str, str], ...]:
    """The 50,000 merges in the order in which they were learned, from GPT-2's own file.

    Raises:
        VocabularyProblem: the file is missing or damaged.
    """
    lines = vocabulary_files()[1].read_text(encoding="utf-8").splitlines()
    return tuple((left, right) for left, _, right in (line.partition(" ") for line in lines[1:]))


@functools.cache
def all_ids() -> dict[str, int]:
    """Every piece of GPT-2's vocabulary, written in signs, and its id, in the ids' order.

    Raises:
        VocabularyProblem: the file is missing or damaged.
    """
    ids = json.loads(vocabulary_files()[0].read_text(encoding="utf-8"))
    return dict(sorted(ids.items(), key=lambda item: item[1]))


def signs(text: str) -> str:
    """The text as GPT-2's files write it: one printable sign for each of its bytes."""
    from tokenizers.pre_tokenizers import ByteLevel

    pieces = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
    return "".join(piece for piece, _ in pieces)


def part_for(text: str) -> dict[str, Any]:
    """What encoding `text` can use of GPT-2: its `merges` in their order, and `vocab` with their true ids.

    A merge belongs to it if what it makes occurs in the text, also across the borders of words, so that a
    solution which forgets to cut the text goes wrong just as it would with all merges.
    """
    written = signs(text)
    merges = [[left, right] for left, right in all_merges() if left + right in written]
    pieces = [*list(all_ids())[:256], *("".join(merge) for merge in merges)]
    return {"merges": merges, "vocab": {piece: all_ids()[piece] for piece in pieces}}
