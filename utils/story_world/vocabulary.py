"""A small vocabulary inside GPT-2's: the ids that stories use, and one row that all the others share.

GPT-2 has 50,257 ids and the stories use some hundreds of them. Training a row for each of the others would
take most of the time and teach nothing, since they never occur. So they share one row, the last, which the
normaliser counts once for each of them. With m ids sharing the row and its logit s,

    p(id) = e^logit / (Σ over used ids e^logit + m · e^s),    and    m · e^s = e^(s + log m):

adding log m to the shared row's logit, and nothing to the others, makes a softmax over the small vocabulary
the softmax over all 50,257. A model of the full size in which every unused id gets a copy of the shared row
is therefore equal to the trained one, not an approximation of it.
"""

from collections.abc import Iterable
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.story_world._corpus import END_OF_TEXT_ID
from utils.story_world._encoding import story_tokens, tokenizer

GPT2_IDS = 50257
"""Number of ids in GPT-2's vocabulary, including <|endoftext|>."""

OTHER = "□"
"""The id that a decoded text shows for the shared row: some token that no story uses."""


class UnknownToken(ValueError):
    """An id without a row of its own in the vocabulary."""


class SharedRowVocabulary:
    """The used ids of a larger vocabulary as rows 0, 1, … in ascending order, and the shared row after them.

    Args:
        used: the ids with rows of their own, in any order, repetitions allowed.
        d_full: the size of the larger vocabulary.

    Raises:
        ValueError: no ids are used, or all are, or one does not exist.
    """

    def __init__(self, used: Iterable[int], d_full: int = GPT2_IDS) -> None:
        self.used: tuple[int, ...] = tuple(sorted({int(token) for token in used}))
        self.d_full = d_full
        if not 0 < len(self.used) < d_full or self.used[0] < 0 or self.used[-1] >= d_full:
            raise ValueError(f"Some of the ids 0 to {d_full - 1} must be used and some not.")

    @property
    def d_vocab(self) -> int:
        """The number of rows: one for each used id, and the shared one."""
        return len(self.used) + 1

    @property
    def shared_row(self) -> int:
        """The index of the shared row, the last."""
        return len(self.used)

    @property
    def multiplicity(self) -> int:
        """The number of ids that share the last row."""
        return self.d_full - len(self.used)

    @cached_property
    def log_counts(self) -> Float[Tensor, " d_vocab"]:
        """The log of each row's number of ids, to be added to the logits before a softmax."""
        counts = torch.ones(self.d_vocab)
        counts[self.shared_row] = self.multiplicity
        return counts.log()

    @cached_property
    def row_of_id(self) -> Int[Tensor, " d_full"]:
        """The row of every id of the larger vocabulary."""
        rows = torch.full((self.d_full,), self.shared_row)
        rows[list(self.used)] = torch.arange(len(self.used))
        return rows

    def rows(self, ids: Iterable[int]) -> Int[Tensor, " seq"]:
        """Return the rows of a text's ids.

        Raises:
            UnknownToken: an id is not used, and the shared row would not identify it.
        """
        wanted = torch.as_tensor(ids if hasattr(ids, "__array__") else list(ids)).long()
        rows = self.row_of_id[wanted]
        if (rows == self.shared_row).any():
            unknown = wanted[rows == self.shared_row][0].item()
            raise UnknownToken(f"The id {unknown} is none of the {len(self.used)} that this vocabulary uses.")
        return rows

    def ids(self, rows: Iterable[int]) -> list[int]:
        """Return the ids of used rows, the inverse of `rows`.

        Raises:
            UnknownToken: the shared row is among them, which does not identify an id.
        """
        found = [int(row) for row in rows]
        if self.shared_row in found:
            raise UnknownToken(f"Row {self.shared_row} is shared by {self.multiplicity} ids: it is no token.")
        return [self.used[row] for row in found]

    def full_table(self, W_E: Float[Tensor, "d_vocab d_model"]) -> Float[Tensor, "d_full d_model"]:
        """Return the embedding of the larger vocabulary, with a copy of the shared row for each unused id."""
        return W_E[self.row_of_id]


class StoryVocabulary(SharedRowVocabulary):
    """The vocabulary of a text of stories, which also encodes and decodes.

    Args:
        used: the ids of a text; <|endoftext|> always gets a row.
    """

    def __init__(self, used: Iterable[int]) -> None:
        super().__init__([*used, END_OF_TEXT_ID])

    @property
    def end_of_text(self) -> int:
        """The row of <|endoftext|>."""
        return int(self.row_of_id[END_OF_TEXT_ID])

    def encode(self, text: str) -> Int[Tensor, " seq"]:
        """Return the rows of a story or of its beginning, without <|endoftext|>.

        Raises:
            UnknownToken: the text has a token that the vocabulary does not use.
        """
        return self.rows(story_tokens(text))

    def decode(self, rows: Iterable[int]) -> str:
        """Return the text of rows, with `OTHER` for the shared row, which does not identify a token."""
        pieces: list[str] = []
        used: list[int] = []
        for row in map(int, rows):
            if row == self.shared_row:
                pieces += [_text(self.ids(used)), OTHER]
                used = []
            else:
                used.append(row)
        return "".join([*pieces, _text(self.ids(used))])


def _text(ids: list[int]) -> str:
    return tokenizer().decode(ids, skip_special_tokens=False)


class SharedRowModel(nn.Module):
    """A model over a `SharedRowVocabulary`: its logits, plus the log of each row's number of ids.

    The softmax of its output gives the probabilities of the full vocabulary, with the sum over the shared
    row's ids in the last column.

    Args:
        model: maps rows [batch, seq] to logits [batch, seq, d_vocab]; its sizes are in `config`.
        vocabulary: the vocabulary of the rows.
    """

    def __init__(self, model: nn.Module, vocabulary: SharedRowVocabulary) -> None:
        super().__init__()
        self.model = model
        self.config = model.config
        self.register_buffer("log_counts", vocabulary.log_counts, persistent=False)

    def forward(self, rows: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Return the logits, with each row's number of ids included."""
        return self.model(rows) + self.log_counts
