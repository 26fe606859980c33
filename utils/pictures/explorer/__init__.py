"""One view of the whole model, from the text to the next token: every box opens, and much can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.nn import Module

    from utils.pictures.explorer.widget import Explorer
    from utils.reference import Reference


def explore(
    model: Reference | Module,
    text: str,
    *,
    other: str = "",
    box: str = "tokens",
    layer: int = 0,
    head: int = 0,
    token: int = -1,
) -> Explorer:
    """What does the model compute for a text, and what if one thing in it were different?

    Click a box to open it, or go there with the Tab key and press Enter: it shows its formula, its shape, its
    numbers in this run, and whose code computes it. The token, the block and the head that you choose are
    chosen in every box. What you change by hand (attention weights, a head, an MLP, a vector) is computed by
    the model itself and shown beside what was.

    Args:
        model: The reference (`utils.reference.load`), or your own GPT2 from week 7 on.
        text: The text to begin with; the explorer has a line to change it.
        other: A second text, to compare the vectors of one token of each, depth by depth.
        box: The box that is open at first, such as "scores" or "attention weights".
        layer: The block that is chosen at first.
        head: The head that is chosen at first.
        token: The position that is chosen at first; negative ones count from the end.

    Raises:
        ExplorerProblem: the model is not a GPT-2 with the course's parts, or there is no such box.
    """
    from utils.pictures.explorer.session import Session
    from utils.pictures.explorer.widget import Explorer

    request = {"text": text, "other": other, "box": box, "layer": layer, "head": head, "token": token}
    return Explorer(Session(model), request)
