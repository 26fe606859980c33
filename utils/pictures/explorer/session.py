"""A model in the explorer: it turns texts into ids and keeps the runs that are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from utils.pictures.explorer.changes import AddDirection, Change, adjust_of, hooks_of
from utils.pictures.explorer.parts import Parts, find_parts
from utils.pictures.explorer.problem import ExplorerProblem
from utils.pictures.explorer.run import Run, first_not_finite, record
from utils.tokens import load_tokenizer, token_strings

if TYPE_CHECKING:
    from torch.nn import Module
    from transformers import GPT2Tokenizer

    from utils.reference import Reference

_RUNS_KEPT = 6
"""Of one text with one list of changes each. A run of GPT-2 small on 200 tokens takes about 90 MB."""


class Session:
    """The model, its parts, and its runs."""

    def __init__(self, model: Reference | Module) -> None:
        """Take a model apart.

        Raises:
            ExplorerProblem: it is not a GPT-2 whose parts have the course's names.
        """
        self.name = getattr(model, "name", type(model).__name__)
        module: Any = getattr(model, "model", model)
        self.parts: Parts = find_parts(module)
        self._run = lru_cache(_RUNS_KEPT)(self._recorded)

    @cached_property
    def _tokenizer(self) -> GPT2Tokenizer:
        return load_tokenizer()

    def run(self, text: str, changes: tuple[Change, ...] = (), ids: tuple[int, ...] = ()) -> Run:
        """Return the model's run on a text, or on its ids where they are known.

        Raises:
            ExplorerProblem: the text is empty or too long, or the model cannot run or gives NaN.
        """
        return self._run(self._within_n_ctx(ids) if ids else self.encode(text), changes)

    def encode(self, text: str) -> tuple[int, ...]:
        """Return the ids of a text.

        Raises:
            ExplorerProblem: the text is empty, or has more tokens than the model has positions.
        """
        ids = tuple(self._tokenizer.encode(text)) if text else ()
        if not ids:
            raise ExplorerProblem("The text is empty. Write a few words and press Enter.")
        return self._within_n_ctx(ids)

    def _within_n_ctx(self, ids: tuple[int, ...]) -> tuple[int, ...]:
        n_ctx = self.parts.config.n_ctx
        if len(ids) > n_ctx:
            raise ExplorerProblem(
                f"The text has {len(ids):,} tokens, and this model takes at most {n_ctx:,}. Shorten it."
            )
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of these ids."""
        return str(self._tokenizer.decode(list(ids)))

    def direction(self, layer: int, position: int, plus: str, minus: str, times: float) -> AddDirection:
        """Return the change that adds the difference of two words' embeddings.

        Raises:
            ExplorerProblem: a word is not one token.
        """
        ids = [self._one_token(word) for word in (plus, minus)]
        names = token_strings(ids)
        return AddDirection(layer, position, ids[0], ids[1], times, (names[0], names[1]))

    def _one_token(self, word: str) -> int:
        ids = self._tokenizer.encode(word)
        if len(ids) != 1:
            raise ExplorerProblem(
                f"{word!r} is {len(ids)} tokens, and a direction needs words of one token each. "
                "Within a text, a word's token usually begins with a space: ' queen'."
            )
        return ids[0]

    def _recorded(self, ids: tuple[int, ...], changes: tuple[Change, ...]) -> Run:
        adjust = adjust_of(changes) if changes else None
        run = record(self.parts, ids, hooks_of(changes, self.parts), adjust)
        if name := first_not_finite(run):
            raise ExplorerProblem(
                f"The numbers are no longer finite (NaN or infinity), for the first time in {name!r}. "
                "What follows from there on cannot be drawn."
            )
        return run
