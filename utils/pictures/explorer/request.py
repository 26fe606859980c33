"""What a student has chosen in the explorer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from utils.pictures.explorer.boxes import BY_NAME
from utils.pictures.explorer.changes import Change, change_from
from utils.pictures.explorer.parts import Parts
from utils.pictures.explorer.problem import ExplorerProblem
from utils.pictures.explorer.sampling import Sampler


@dataclass(frozen=True)
class Request:
    """A text, what is open, what is chosen, and what is changed."""

    text: str
    other: str = ""
    """A second text to compare with; empty if there is none."""
    ids: tuple[int, ...] = ()
    """The ids of `text` where the model has written them; empty if the text is to be tokenized. The two may
    differ: an emoji is several tokens, of which the model may have written the first."""
    box: str = "tokens"
    layer: int = 0
    head: int = 0
    token: int = -1
    """The chosen position; negative ones count from the end."""
    other_token: int = -1
    """The chosen position in the second text."""
    page: int = 0
    """Which columns of a wide table are shown."""
    changes: tuple[Change, ...] = ()
    sampler: Sampler = field(default_factory=Sampler)

    @classmethod
    def read(cls, given: Mapping[str, Any], parts: Parts) -> Request:
        """Return the request that the widget describes; numbers outside the model's range are moved into it.

        Raises:
            ExplorerProblem: a box, a change or a setting does not exist.
        """
        given = dict(given)
        if given.get("box", "tokens") not in BY_NAME:
            raise ExplorerProblem(f"There is no box {given['box']!r}. The boxes are {', '.join(BY_NAME)}.")
        given["layer"] = _within(given.get("layer", 0), parts.config.n_layers)
        given["head"] = _within(given.get("head", 0), parts.config.n_heads)
        given["ids"] = tuple(given.get("ids", ()))
        given["changes"] = tuple(map(change_from, given.get("changes", ())))
        given["sampler"] = Sampler(**given.get("sampler", {}))
        return cls(**given)


def _within(number: int, count: int) -> int:
    return min(max(int(number), -count), count - 1) % count


def position_within(position: int, length: int) -> int:
    """Return a position of a text of that length: negative ones count from the end, others stop at it."""
    return _within(position, length)
