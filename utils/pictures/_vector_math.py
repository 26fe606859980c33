"""The widget of `vector_math`, and the arithmetic behind it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Protocol

import ipywidgets

from utils.pictures._colours import GREY, ORANGE
from utils.pictures._html import bars
from utils.pictures._touch import Movable
from utils.tokens import token_strings

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from utils.reference import Reference

NEAREST = 5
_SIGNS = {"+": 1, "-": -1, "−": -1, "–": -1}  # the minus signs that people type
_PART = re.compile(r"\s*([+\-−–]?)\s*([^+\-−–]+?)\s*(?=[+\-−–]|$)")


class ExpressionProblem(ValueError):
    """An expression that cannot be computed; the message says why and what to do."""


class Space(Protocol):
    """Vectors with names."""

    vectors: Float[Tensor, "name d"]

    def place(self, word: str) -> int:
        """Return the row of a word.

        Raises:
            ExpressionProblem: there is no vector of that name.
        """
        ...

    def name(self, place: int) -> str:
        """Return the name of a row."""
        ...


class NamedVectors:
    """A table of words and their vectors."""

    def __init__(self, vectors: Mapping[str, Float[Tensor, " d"]]) -> None:
        import torch

        self._words = list(vectors)
        self.vectors = torch.stack([torch.as_tensor(vector).float() for vector in vectors.values()])

    def place(self, word: str) -> int:
        """Return the row of a word."""
        if word in self._words:
            return self._words.index(word)
        close = difflib.get_close_matches(word, self._words, n=1)
        advice = f"Did you mean {close[0]}?" if close else f"There are {', '.join(self._words)}."
        raise ExpressionProblem(f"There is no vector for {word!r}. {advice}")

    def name(self, place: int) -> str:
        """Return the name of a row."""
        return self._words[place]


class TokenVectors:
    """A model's embedding matrix. A word is the token with a space before it, as within a text."""

    def __init__(self, reference: Reference) -> None:
        self._tokenizer = reference.tokenizer
        self.vectors = reference.state_dict["transformer.wte.weight"]

    def place(self, word: str) -> int:
        """Return the id of a word."""
        for text in (f" {word}", word):
            ids = self._tokenizer.encode(text)
            if len(ids) == 1:
                return ids[0]
        pieces = " ".join(token_strings(self._tokenizer.encode(f" {word}")))
        raise ExpressionProblem(
            f"{word!r} is not one token but several ({pieces}), so it has no vector of its own. "
            "Choose a more common word."
        )

    def name(self, place: int) -> str:
        """Return the token of an id."""
        return token_strings([place])[0]


@dataclass(frozen=True)
class Answer:
    """The nearest names to a sum of vectors, by cosine similarity."""

    names: Sequence[str]
    cosines: Sequence[float]
    length: float
    """The length of the sum."""


def read(expression: str) -> list[tuple[int, str]]:
    """Return the signs and words of an expression such as `king − man + woman`.

    Raises:
        ExpressionProblem: it is not words with + and − between them.
    """
    parts: list[tuple[int, str]] = []
    at = 0
    while at < len(expression.rstrip()):
        found = _PART.match(expression, at)
        word = found[2].strip() if found else ""
        if found is None or not word or " " in word or (parts and not found[1]):
            raise ExpressionProblem("Write words with + or − between them, such as king − man + woman.")
        parts.append((_SIGNS[found[1] or "+"], word))
        at = found.end()
    if not parts:
        raise ExpressionProblem("Write a word, or several with + and − between them.")
    return parts


def compute(space: Space, expression: str, leave_out: bool) -> Answer:
    """Return the names nearest to the sum of an expression's vectors.

    Args:
        space: The vectors.
        expression: Words with + and − between them.
        leave_out: Whether the words of the expression are left out of the answer.

    Raises:
        ExpressionProblem: the expression cannot be read, a word has no vector, or the sum is 0.
    """
    import torch

    parts = [(sign, space.place(word)) for sign, word in read(expression)]
    total = sum(sign * space.vectors[place] for sign, place in parts)
    assert isinstance(total, torch.Tensor)
    if not total.any():
        raise ExpressionProblem("The sum is 0, and 0 has no direction: every word is equally near to it.")
    cosines = torch.cosine_similarity(space.vectors, total[None], dim=-1)
    if leave_out:
        cosines = cosines.index_fill(0, torch.tensor([place for _, place in parts]), float("-inf"))
    best = cosines.topk(min(NEAREST, int(cosines.isfinite().sum())))
    names = [space.name(place) for place in best.indices.tolist()]
    return Answer(names, best.values.tolist(), total.norm().item())


class VectorMath(Movable):
    """A line for an expression, a button, and the nearest words below it."""

    def __init__(self, space: Space, expression: str) -> None:
        self._space = space
        self.line = ipywidgets.Text(
            expression,
            description="compute",
            continuous_update=False,
            style={"description_width": "70px"},
            layout={"width": "460px", "max_width": "100%"},
        )
        self.leave_out = ipywidgets.Checkbox(
            True, description="leave out the words of the expression", indent=False
        )
        self.button = ipywidgets.Button(description="Vector Math", tooltip="compute the nearest words")
        super().__init__([self.line, self.leave_out], self._draw_answer)
        self.button.on_click(self._redraw)
        self.children = [ipywidgets.HBox([self.line, self.button]), self.leave_out, self._shown]

    def _draw_answer(self, expression: str, leave_out: bool) -> str:
        try:
            answer = compute(self._space, expression, leave_out)
        except ExpressionProblem as problem:
            return f'<div style="margin:8px 0; color:rgb{ORANGE}">{escape(str(problem))}</div>'
        notes = [f"cosine similarity {cosine:.4f}" for cosine in answer.cosines]
        return (
            f"<div>{escape(expression)} is nearest to:</div>"
            + bars(list(answer.names), list(answer.cosines), notes)
            + f'<div style="color:{GREY}">The numbers are cosine similarities; the sum has length '
            f"{answer.length:.2f}.</div>"
        )
