"""What every drawing function returns: a picture for a notebook, and the same in a sentence."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Picture:
    """A picture that draws itself as the last line of a cell."""

    in_words: str
    """What the picture shows, for terminals, screen readers and exports that cannot draw it."""
    bundle: dict[str, object] = field(repr=False)
    """The picture under its MIME types."""
    figure: object = field(default=None, repr=False)
    """The plotly figure behind it, to be changed or saved; None where plotly is not what draws it."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        """Jupyter's hook."""
        return {"text/plain": self.in_words, **self.bundle}

    def __repr__(self) -> str:
        return self.in_words
