"""Copies the weights of all heads into a student's attention module, whatever layout its parameters have."""

from typing import Any

from torch import Tensor, nn

from utils.adapters.weights import Weights, fill
from utils.errors import CheckMisuse

FUSED = {"W_QKV": ("W_Q", "W_K", "W_V")}
_PER_HEAD = tuple(f"{kind}_{letter}" for letter in "QKV" for kind in "Wb")


def fill_heads(attention: nn.Module, weights: Weights) -> nn.Module:
    """Copies the heads' weights into the module's parameters and returns the module.

    `weights` are W_Q, W_K, W_V [n_heads, d_model, d_head], b_Q, b_K, b_V [n_heads, d_head], W_O [n_heads,
    d_head, d_model] and b_O [d_model]. The module may keep them in this form; with the heads side by side in
    an nn.Linear, a Conv1D or a parameter, also with one W_QKV for all three; or as a ModuleList `heads` of
    modules with the weights of one head each.

    Raises:
        CheckMisuse: the module has no such parameter, or one of another shape.
    """
    weights, heads = dict(weights), getattr(attention, "heads", None)
    if isinstance(heads, nn.ModuleList):
        wanted = len(weights["W_Q"])
        if len(heads) != wanted:
            raise CheckMisuse(f"heads holds {len(heads)} modules; with these sizes there are {wanted} heads.")
        per_head = {name: weights.pop(name) for name in _PER_HEAD}
        for number, head in enumerate(heads):
            fill(head, {name: value[number] for name, value in per_head.items()})
    fused = hasattr(attention, "W_QKV") and not hasattr(attention, "W_Q")
    given = {name: _as_kept(attention, name, value, fused) for name, value in weights.items()}
    return fill(attention, given, FUSED)


def _as_kept(attention: nn.Module, name: str, value: Tensor, fused: bool) -> Tensor:
    """Returns the weight of that name in the module's layout: with a head axis, or the heads side by side."""
    if name == "b_O":
        return value
    kept_as = f"{name[0]}_QKV" if fused and name != "W_O" else name
    if not _side_by_side(attention, kept_as, value.dim()):
        return value
    return value.flatten(0, 1) if name == "W_O" else value.movedim(0, -2).flatten(-2)


def _side_by_side(attention: nn.Module, name: str, n_axes: int) -> bool:
    """Returns True if the module's weight of that name has no head axis; with one it has `n_axes` axes."""
    holder: Any = getattr(attention, name, None)
    if holder is None and name.startswith("b_"):
        holder = getattr(attention, f"W_{name[2:]}", None)  # an nn.Linear or Conv1D contains its bias
    return isinstance(holder, nn.Module) or (isinstance(holder, Tensor) and holder.dim() == n_axes - 1)
