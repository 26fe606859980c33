"""A small vocabulary inside GPT-2's: the ids that stories use, and one row that all the others share.

GPT-2 has 50,257 ids and the stories use some hundreds of them. Training a row for each of the others would
take most of the time and teach nothing: no story tells them apart. So they share one row, the last, and the
normaliser counts it as often as there are ids behind it. With m ids behind the row and its logit s,

    p(id) = e^logit / (Σ over used ids e^logit + m · e^s),    and    m · e^s = e^(s + log m):

adding log m to the shared row's logit, and nothing to the others, makes a softmax over the small vocabulary
the softmax over all 50,257. A model of the full size in which every unused id gets a copy of the shared row
is therefore not nearly the trained one, but exactly the trained one.
"""

from collections.abc import Iterable
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.story_world._corpus import END_OF_TEXT_ID
from utils.story_world._encoding import _tokenizer, story_tokens

GPT2_IDS = 50257
"""Ids in GPT-2's vocabulary, <|endoftext|> among them."""

OTHER = "□"
"""What stands in a text for the shared row: some token, but none that a story uses."""


class UnknownToken(ValueError):
    """An id that the vocabulary has no row of its own for."""


class SharedRowVocabulary:
    """The used ids of a larger vocabulary as rows 0, 1, … in ascending order, and the shared row after them.

    Args:
        used: the ids that are to have rows of their own, in any order, repetitions allowed.
        d_full: ids in the larger vocabulary.

    Raises:
        ValueError: no id is used, or all are, or one does not exist.
    """

    def __init__(self, used: Iterable[int], d_full: int = GPT2_IDS) -> None:
        self.used: tuple[int, ...] = tuple(sorted({int(token) for token in used}))
        self.d_full = d_full
        if not 0 < len(self.used) < d_full or self.used[0] < 0 or self.used[-1] >= d_full:
            raise ValueError(f"Some of the ids 0 to {d_full - 1} must be used and some not.")

    @property
    def d_vocab(self) -> int:
        """Rows: one for each used id, and the shared one."""
        return len(self.used) + 1

    @property
    def shared_row(self) -> int:
        """Where the shared row is: the last."""
        return len(self.used)

    @property
    def multiplicity(self) -> int:
        """How many ids share the last row."""
        return self.d_full - len(self.used)

    @cached_property
    def log_counts(self) -> Float[Tensor, " d_vocab"]:
        """log of how many ids are behind each row: what is added to the logits before a softmax."""
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
        """The rows of a text's ids.

        Raises:
            UnknownToken: an id is not among the used ones; what the shared row stands for cannot be told.
        """
        wanted = torch.as_tensor(ids if hasattr(ids, "__array__") else list(ids)).long()
        rows = self.row_of_id[wanted]
        if (rows == self.shared_row).any():
            unknown = wanted[rows == self.shared_row][0].item()
            raise UnknownToken(f"The id {unknown} is none of the {len(self.used)} that this vocabulary uses.")
        return rows

    def ids(self, rows: Iterable[int]) -> list[int]:
        """The ids of used rows: the reverse of `rows`.

        Raises:
            UnknownToken: the shared row is among them, which is no single id.
        """
        found = [int(row) for row in rows]
        if self.shared_row in found:
            raise UnknownToken(f"Row {self.shared_row} is shared by {self.multiplicity} ids: it is no token.")
        return [self.used[row] for row in found]

    def full_table(self, W_E: Float[Tensor, "d_vocab d_model"]) -> Float[Tensor, "d_full d_model"]:
        """The embedding of the larger vocabulary: every id that is not used gets a copy of the shared row."""
        return W_E[self.row_of_id]


class StoryVocabulary(SharedRowVocabulary):
    """The vocabulary of a text of stories, which also turns words into rows and back.

    Args:
        used: the ids of a text; <|endoftext|> always has a row.
    """

    def __init__(self, used: Iterable[int]) -> None:
        super().__init__([*used, END_OF_TEXT_ID])

    @property
    def end_of_text(self) -> int:
        """The row of <|endoftext|>."""
        return self.row_of_id[END_OF_TEXT_ID].item()

    def encode(self, text: str) -> Int[Tensor, " seq"]:
        """The rows of a story or of its beginning, without <|endoftext|>.

        Raises:
            UnknownToken: a word is none of the stories'.
        """
        return self.rows(story_tokens(text))

    def decode(self, rows: Iterable[int]) -> str:
        """The text of rows; the shared row, which is no single token, is written as `OTHER`."""
        pieces, known = [], []
        for row in map(int, rows):
            if row == self.shared_row:
                pieces += [_text(self.ids(known)), OTHER]
                known = []
            else:
                known.append(row)
        return "".join([*pieces, _text(self.ids(known))])


def _text(ids: list[int]) -> str:
    return _tokenizer().decode(ids, skip_special_tokens=False)


class SharedRowModel(nn.Module):
    """A model over a `SharedRowVocabulary`: its logits, with the log of each row's count added.

    The softmax of what it returns gives the probabilities of the full vocabulary, those of the shared row's
    ids added up in the last column.

    Args:
        model: from rows [batch, seq] to logits [batch, seq, d_vocab], with its sizes in `config`.
    """

    def __init__(self, model: nn.Module, vocabulary: SharedRowVocabulary) -> None:
        super().__init__()
        self.model = model
        self.config = model.config
        self.register_buffer("log_counts", vocabulary.log_counts, persistent=False)

    def forward(self, rows: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Logits that already count how many ids are behind each row."""
        return self.model(rows) + self.log_counts
