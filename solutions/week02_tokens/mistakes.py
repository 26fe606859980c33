"""Mistakes of week 2 that are other algorithms than the official solution: see mistakes.md."""

from itertools import pairwise

from solution import encode, shape_table

from grader.tools.known_mistakes.shape_rules import without_size

Pair = tuple[str, str]
Ranks = dict[Pair, int]


def merged_as_text(word: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    """Replaces the pair in the word's text, with a space between pieces."""
    return tuple(" ".join(word).replace(" ".join(pair), "".join(pair)).split())


def longest_match(word: str, ranks: Ranks) -> list[str]:
    """Cuts off the longest known piece from the left, again and again, as WordPiece does."""
    known = {left + right for left, right in ranks}
    pieces = []
    while word:
        size = max(size for size in range(1, len(word) + 1) if size == 1 or word[:size] in known)
        pieces.append(word[:size])
        word = word[size:]
    return pieces


def one_walk(word: str, ranks: Ranks) -> list[str]:
    """Joins each sign to the piece before it if the two have a rank."""
    pieces: list[str] = []
    for sign in word:
        if pieces and (pieces[-1], sign) in ranks:
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def each_merge_at_one_place(word: str, ranks: Ranks) -> list[str]:
    """Goes through the merges once, and joins the first place of each pair."""
    pieces = list(word)
    for pair in ranks:
        pairs = list(pairwise(pieces))
        if pair in pairs:
            at = pairs.index(pair)
            pieces[at : at + 2] = ["".join(pair)]
    return pieces


def only_the_first_of_each(
    text: str, ranks: Ranks, vocab: dict[str, int], special_tokens: list[str]
) -> list[int]:
    """Cuts the text at the first occurrence of each special token."""
    parts = [text]
    for token in sorted(special_tokens, key=len, reverse=True):
        for at, part in enumerate(parts):
            if token in part and part not in special_tokens:
                parts[at : at + 1] = part.partition(token)
                break
    ids: list[int] = []
    for part in parts:
        ids += [vocab[part]] if part in special_tokens else encode(part, ranks, vocab)
    return ids


batch_forgotten = without_size(shape_table, 2, rows=("tokens",))
