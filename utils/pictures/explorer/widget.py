"""The explorer's widget: what is chosen comes from the browser, what is shown goes there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import anywidget
import traitlets

from utils.pictures.explorer.boxes import BY_NAME
from utils.pictures.explorer.page import static_page
from utils.pictures.explorer.problem import ExplorerProblem
from utils.pictures.explorer.request import Request, position_within
from utils.pictures.explorer.session import Session
from utils.pictures.explorer.view import View, view

_FOLDER = files("utils.pictures.explorer")


class Explorer(anywidget.AnyWidget):
    """A text and everything that the model computes for it, to be opened and changed."""

    _esm = (_FOLDER / "explorer.js").read_text(encoding="utf-8")
    _css = (_FOLDER / "explorer.css").read_text(encoding="utf-8")

    request = traitlets.Dict().tag(sync=True)
    """What is chosen, as `Request.read` takes it. The browser changes it, and so may a cell."""
    view = traitlets.Dict().tag(sync=True)
    """What is shown."""

    def __init__(self, session: Session, request: Mapping[str, Any]) -> None:
        """Show a session's model.

        Raises:
            ExplorerProblem: a box does not exist.
        """
        if request["box"] not in BY_NAME:
            raise ExplorerProblem(
                f"There is no box {request['box']!r} to open. The boxes are: {', '.join(BY_NAME)}."
            )
        self._session = session
        super().__init__(request=dict(request), view=_shown(session, request, {}))
        self.observe(self._show, "request")
        self.on_msg(self._on_message)

    def _show(self, change: Any = None) -> None:
        self.view = _shown(self._session, self.request, self.view)

    def _on_message(self, widget: Any, message: Mapping[str, Any], buffers: Any) -> None:
        """Append the next token, or a direction by its two words; both need the model's tokenizer."""
        try:
            if message.get("do") == "append":
                self._append()
            elif message.get("do") == "direction":
                self._add_direction(message)
        except ExplorerProblem as problem:
            self.view = self.view | {"message": str(problem)}

    def _append(self) -> None:
        request = Request.read(self.request, self._session.parts)
        run = self._session.run(request.text, request.changes, request.ids)
        position = position_within(request.token, len(run.ids))
        ids = [*run.ids[: position + 1].tolist(), request.sampler.choose(run.logits[position])]
        self.request = self.request | {"text": self._session.decode(ids), "ids": ids, "token": -1}

    def _add_direction(self, message: Mapping[str, Any]) -> None:
        layer, position, times = (message[name] for name in ("layer", "position", "times"))
        change = self._session.direction(layer, position, message["plus"], message["minus"], times)
        fields = {name: getattr(change, name) for name in ("layer", "position", "plus", "minus", "times")}
        given = {"kind": "direction", **fields, "names": list(change.names)}
        self.request = self.request | {"changes": [*self.request.get("changes", []), given]}

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the widget, and a picture of its state for a page without widgets; Jupyter calls this."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle or {}
        page = {"text/html": static_page(self.view), "text/plain": in_words(self.view)}
        return {**data, **page}


def in_words(shown: View) -> str:
    """Return what the explorer shows, in a sentence."""
    if not shown.get("tokens"):
        return f"The explorer shows nothing: {shown.get('message', '')}"
    token, probability = shown["predictions"]["tokens"][0], shown["predictions"]["now"][0]
    return (
        f"{shown['model']['name']} on {len(shown['tokens'])} tokens, {shown['open']['name']} open; after "
        f"{shown['tokens'][shown['position']]} the most probable token is {token} ({probability:.0%})."
    )


def _shown(session: Session, request: Mapping[str, Any], before: View) -> View:
    """Return the view of a request; where there is a problem, the view before with its message."""
    try:
        return view(session, Request.read(request, session.parts))
    except ExplorerProblem as problem:
        return {**before, "message": str(problem)}
    except (TypeError, ValueError) as problem:
        return {**before, "message": f"The explorer cannot use this choice: {problem}"}
