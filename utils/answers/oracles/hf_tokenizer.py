"""Hugging Face's GPT-2 tokenizer, and its byte-pair encoding with other merges: the reference of week 2."""

import contextlib
import functools
import json
import os
from collections.abc import Iterator, Sequence
from itertools import chain

from utils.tokens import load_tokenizer

Pair = tuple[str, str]


@functools.cache
def gpt2_tokenizer():
    """Returns HF's tokenizer of GPT-2, loaded once."""
    return load_tokenizer()


def words_of(text: str) -> list[str]:
    """Returns the pre-tokens of a text, by HF's pre-tokenizer: merges never cross their borders."""
    from tokenizers.pre_tokenizers import ByteLevel

    cut = ByteLevel(add_prefix_space=False, use_regex=True).pre_tokenize_str(text)
    return [text[start:end] for _, (start, end) in cut]


def merge_by_hf(pieces: Sequence[str], merges: Sequence[Pair]) -> list[str]:
    """Returns the pieces of a word after HF's BPE with these merges, in their order.

    HF starts from single characters, so each piece that no merge makes is renamed to one character.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    made = {left + right for left, right in merges}
    pieces = list(pieces)
    single = [piece for piece in chain(pieces, *merges) if piece in pieces or piece not in made]
    name = _names(list(dict.fromkeys(single)))
    spelled = dict(name)
    for left, right in merges:
        spelled.setdefault(left + right, spelled[left] + spelled[right])
    renamed = [(spelled[left], spelled[right]) for left, right in merges]
    known = dict.fromkeys([*spelled.values(), *(left + right for left, right in renamed)])
    vocab = {spelling: number for number, spelling in enumerate(known)}
    model = Tokenizer(BPE(vocab=vocab, merges=renamed))
    piece_of = {character: piece for piece, character in name.items()}
    tokens = model.encode("".join(name[piece] for piece in pieces)).tokens
    return ["".join(piece_of[character] for character in token) for token in tokens]


def best_pair(words: Sequence[tuple[Sequence[str], int]]) -> Pair | None:
    """Returns the pair that HF's trainer merges first in these words, or None if there is none.

    Each word comes with its pieces and its count. Among equally frequent pairs HF takes the one with the
    lowest ids, and assigns ids in the order of the characters. Pieces are therefore renamed in reverse order,
    so that HF takes the greatest pair.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.trainers import BpeTrainer

    name = _names(sorted({piece for word, _ in words for piece in word}, reverse=True))
    model = Tokenizer(BPE())
    model.pre_tokenizer = WhitespaceSplit()
    trainer = BpeTrainer(vocab_size=len(name) + 1, show_progress=False)
    with _one_thread():
        renamed = [" ".join(["".join(name[piece] for piece in word)] * count) for word, count in words]
        model.train_from_iterator(renamed, trainer)
    merges = json.loads(model.to_str())["model"]["merges"]
    piece_of = {character: piece for piece, character in name.items()}
    if not merges:
        return None
    left, right = merges[0]
    return piece_of[left], piece_of[right]


def _names(pieces: Sequence[str]) -> dict[str, str]:
    """Returns a distinct character for each piece, in rising order, from Unicode's private use area."""
    return {piece: chr(0xE000 + number) for number, piece in enumerate(pieces)}


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keeps HF's library from starting threads, since it would then warn at every fork."""
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        yield
    finally:
        del os.environ["TOKENIZERS_PARALLELISM"]
        if before is not None:
            os.environ["TOKENIZERS_PARALLELISM"] = before
