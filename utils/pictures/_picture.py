"""The return type of the drawing functions: a picture for a notebook, with a description in words."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Picture:
    """A picture that displays itself as the last line of a cell."""

    in_words: str
    """What the picture shows, for terminals, screen readers and exports that cannot draw it."""
    bundle: dict[str, object] = field(repr=False)
    """The picture by MIME type."""
    figure: Any = field(default=None, repr=False)
    """The plotly figure, to be changed or saved; None if plotly does not draw it. (plotly ships no types.)"""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        """Return the picture by MIME type; Jupyter calls this."""
        return {"text/plain": self.in_words, **self.bundle}

    def __repr__(self) -> str:
        return self.in_words
