"""The forward pass as a table that fills itself while the model runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.nn import Module


class ForwardTable:
    """Record a forward pass: which modules run, in which order, and which shape does each of them return?

    Use it as a context manager around a call of the model. Hooks on the modules add a row each time one of
    them has run; in a notebook the table is on the page from the start and fills before your eyes. Afterwards
    you can step through it with the slider, or play it. The hooks are removed when the context ends.

        with ForwardTable({"embed": (model.embed, "batch seq d_model"), …}) as table:
            model(tokens)

    Args:
        rows: For each row its module, and the names of its output's axes.

    Raises:
        ValueError: There are no rows.
    """

    def __init__(self, rows: Mapping[str, tuple[Module, str]]) -> None:
        if not rows:
            raise ValueError(
                'ForwardTable needs at least one row: {"ln_f": (model.ln_f, "batch seq d_model")}.'
            )
        from utils.pictures._forward import Filling

        self._rows = dict(rows)
        self._filling = Filling({name: axes for name, (_, axes) in rows.items()})
        self._hooks: list[Any] = []
        self._place: Any = None

    def __enter__(self) -> ForwardTable:
        self._filling.begin()
        self._place = _displayed(self)
        for name, (module, _) in self._rows.items():
            self._hooks.append(module.register_forward_hook(self._note(name)))
        return self

    def __exit__(self, *problem: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        if self._place is not None:
            self._place.update(self)  # so that a saved page, which has no kernel, shows the full table

    def _note(self, name: str) -> Any:
        def note(module: Module, given: Any, output: Any) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            numbers = sum(parameter.numel() for parameter in module.parameters())
            self._filling.note(name, tuple(tensor.shape), numbers)

        return note

    @property
    def shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """The names and output shapes of the modules that have run, in order."""
        return [(row.name, row.shape) for row in self._filling.ran]

    def __repr__(self) -> str:
        """Return the table in plain text."""
        return self._filling.in_words()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        """Return the widget, and the current table for a page without widgets; Jupyter calls this."""
        return {**self._filling.widget()._repr_mimebundle_(), "text/plain": repr(self)}


def _displayed(table: ForwardTable) -> Any:
    """Display the table; return its display handle, or None outside IPython."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    return None if get_ipython() is None else display(table, display_id=True)
