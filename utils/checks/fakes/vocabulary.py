"""A vocabulary of five letters, for checks that need text but not its meaning."""

from collections.abc import Iterable

import torch
from jaxtyping import Int
from torch import Tensor


class ToyVocabulary:
    """The letters a to e as rows 0 to 4, and the end of the text as row 5; no row is shared."""

    letters = "abcde"
    end_of_text = 5
    d_vocab = 6

    def encode(self, text: str) -> Int[Tensor, " seq"]:
        """Returns the rows of a text of these letters."""
        return torch.tensor([self.letters.index(letter) for letter in text], dtype=torch.long)

    def decode(self, rows: Iterable[int]) -> str:
        """Returns the text of rows; the end of the text is written as GPT-2 writes it."""
        return "".join(
            "<|endoftext|>" if row == self.end_of_text else self.letters[row] for row in map(int, rows)
        )
