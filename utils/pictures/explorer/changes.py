"""What a student can change inside a running model; the model itself computes what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from utils.adapters.reading import HeadWeights
from utils.pictures.explorer.parts import Parts
from utils.pictures.explorer.problem import ExplorerProblem
from utils.pictures.explorer.run import (
    Adjust,
    AttentionNumbers,
    Hook,
    attention_numbers,
    first_of,
    head_weights,
)

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(frozen=True)
class SetWeights:
    """One query's attention weights in one head, set by hand."""

    layer: int
    head: int
    query: int
    row: tuple[float, ...]
    """A weight for each key up to the query's own position, not negative; they are divided by their sum."""

    def adjusted(self, numbers: AttentionNumbers, weights: HeadWeights) -> AttentionNumbers:
        """Return what the layer computes with these weights: z is another weighted mean of the values."""
        import torch

        if self.query >= len(numbers.mask):
            return numbers
        row = torch.tensor(self.row)
        if not (len(row) == self.query + 1 and (row >= 0).all() and row.isfinite().all() and row.sum() > 0):
            raise ExplorerProblem(
                f"The query at position {self.query} needs {self.query + 1} attention weights of at least 0, "
                "and not all of them 0."
            )
        pattern, z, by_head = numbers.weights.clone(), numbers.z.clone(), numbers.by_head.clone()
        pattern[self.head, self.query] = 0
        pattern[self.head, self.query, : self.query + 1] = (row / row.sum()).to(pattern)
        z[self.head] = pattern[self.head] @ numbers.v[self.head]
        by_head[self.head] = z[self.head] @ weights.W_O[self.head]
        return replace(numbers, weights=pattern, z=z, by_head=by_head)

    def in_words(self, tokens: Sequence[str]) -> str:
        """Return what is changed: `block 2, head 3: attention weights of ·it set by hand`."""
        query = _token(tokens, self.query)
        return f"block {self.layer}, head {self.head}: attention weights of {query} set by hand"


@dataclass(frozen=True)
class SwitchOffHead:
    """One head that writes nothing (zero ablation)."""

    layer: int
    head: int

    def adjusted(self, numbers: AttentionNumbers, weights: HeadWeights) -> AttentionNumbers:
        """Return the layer's numbers with zeros in place of what the head writes."""
        by_head = numbers.by_head.clone()
        by_head[self.head] = 0
        return replace(numbers, by_head=by_head)

    def in_words(self, tokens: Sequence[str]) -> str:
        """Return what is changed."""
        return f"block {self.layer}: head {self.head} switched off"


@dataclass(frozen=True)
class SwitchOffMLP:
    """One MLP that writes nothing (zero ablation)."""

    layer: int

    def hooks(self, parts: Parts) -> list[Hook]:
        """Return the hook that replaces the MLP's output by zeros."""
        _check(parts, self.layer)
        return [(parts.blocks[self.layer].mlp, lambda module, inputs, output: output * 0, False)]

    def in_words(self, tokens: Sequence[str]) -> str:
        """Return what is changed."""
        return f"block {self.layer}: MLP switched off"


@dataclass(frozen=True)
class ReplaceVector:
    """A token's vector in the residual stream, replaced by that of another token at the same depth."""

    layer: int
    """Before which block; n_layers means before ln_f."""
    to: int
    """The position whose vector is replaced."""
    source: int
    """The position that it is taken from."""

    def hooks(self, parts: Parts) -> list[Hook]:
        """Return the hook that writes the vector."""

        def change(resid: Float[Tensor, "1 seq d_model"]) -> Tensor:
            resid = resid.clone()
            if max(self.to, self.source) < resid.shape[1]:
                resid[:, self.to] = resid[:, self.source]
            return resid

        return _on_stream(parts, self.layer, change)

    def in_words(self, tokens: Sequence[str]) -> str:
        """Return what is changed."""
        source, to = _token(tokens, self.source), _token(tokens, self.to)
        return f"before block {self.layer}: {to} has the vector of {source}"


@dataclass(frozen=True)
class AddDirection:
    """A direction that is added to a token's vector: the difference of two token embeddings."""

    layer: int
    """Before which block; n_layers means before ln_f."""
    position: int
    plus: int
    """The id of the token whose embedding is added."""
    minus: int
    """The id of the token whose embedding is subtracted."""
    times: float
    names: tuple[str, str] = ("", "")
    """The two tokens as text."""

    def hooks(self, parts: Parts) -> list[Hook]:
        """Return the hook that adds times · (W_E[plus] − W_E[minus])."""
        import torch

        device = next(parts.model.parameters()).device
        with torch.no_grad():
            plus, minus = parts.embed(torch.tensor([[self.plus, self.minus]], device=device))[0]
        direction = self.times * (plus - minus)

        def change(resid: Float[Tensor, "1 seq d_model"]) -> Tensor:
            resid = resid.clone()
            if self.position < resid.shape[1]:
                resid[:, self.position] += direction
            return resid

        return _on_stream(parts, self.layer, change)

    def in_words(self, tokens: Sequence[str]) -> str:
        """Return what is changed."""
        plus, minus = self.names
        where = f"before block {self.layer}, at {_token(tokens, self.position)}"
        return f"{where}: {self.times:+.1f} · (embedding of {plus} − embedding of {minus})"


InAttention = SetWeights | SwitchOffHead
Change = InAttention | SwitchOffMLP | ReplaceVector | AddDirection


def hooks_of(changes: Sequence[Change], parts: Parts) -> list[Hook]:
    """Return the hooks that make the model compute with all changes.

    Raises:
        ExplorerProblem: a change names a block, a head or a position that the model does not have.
    """
    for change in changes:
        if isinstance(change, InAttention):
            _check(parts, change.layer, change.head)
    hooks: list[Hook] = []
    adjust = adjust_of(changes)
    for layer in sorted({change.layer for change in changes if isinstance(change, InAttention)}):
        hooks += _on_attention(parts, layer, adjust)
    for change in changes:
        if not isinstance(change, InAttention):
            hooks += change.hooks(parts)
    return hooks


def adjust_of(changes: Sequence[Change]) -> Adjust:
    """Return the function that applies all changes inside one attention layer, in their order."""

    def adjust(layer: int, numbers: AttentionNumbers, weights: HeadWeights) -> AttentionNumbers:
        for change in changes:
            if isinstance(change, InAttention) and change.layer == layer:
                numbers = change.adjusted(numbers, weights)
        return numbers

    return adjust


_KINDS: dict[str, Callable[..., Change]] = {
    "weights": SetWeights,
    "head": SwitchOffHead,
    "mlp": SwitchOffMLP,
    "vector": ReplaceVector,
    "direction": AddDirection,
}


def change_from(given: Mapping[str, Any]) -> Change:
    """Return the change that the widget describes: its `kind`, and its fields by name.

    Raises:
        ExplorerProblem: there is no such kind, or a field is missing.
    """
    fields = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if name != "kind"
    }
    try:
        return _KINDS[given["kind"]](**fields)
    except (KeyError, TypeError) as error:
        raise ExplorerProblem(f"This change cannot be read: {dict(given)}.") from error


def _token(tokens: Sequence[str], position: int) -> str:
    return tokens[position] if position < len(tokens) else f"position {position}"


def _check(parts: Parts, layer: int, head: int = 0) -> None:
    if not (0 <= layer < parts.config.n_layers and 0 <= head < parts.config.n_heads):
        raise ExplorerProblem(f"This model has no head {head} in block {layer}.")


def _on_attention(parts: Parts, layer: int, adjust: Adjust) -> list[Hook]:
    """Return hooks that add to the attention's output what the changes make of each head's output."""
    seen: list[Tensor] = []

    def keep(module: Any, inputs: Any, output: Any) -> None:
        seen[:] = [first_of(output)[0]]  # the output of ln_1 is the attention's input

    def change(module: Any, inputs: Any, output: Any) -> Any:
        weights = head_weights(parts, layer)
        numbers = attention_numbers(seen[0], weights)
        difference = adjust(layer, numbers, weights).by_head - numbers.by_head
        changed = first_of(output) + difference.sum(dim=0)
        return (changed, *output[1:]) if isinstance(output, tuple) else changed

    block = parts.blocks[layer]
    return [(block.ln_1, keep, False), (block.attn, change, False)]


def _on_stream(parts: Parts, layer: int, change: Callable[[Tensor], Tensor]) -> list[Hook]:
    """Return the hook that changes the residual stream before a block, or before ln_f."""
    if not 0 <= layer <= parts.config.n_layers:
        raise ExplorerProblem(f"This model has no block {layer}.")
    module = parts.ln_f if layer == parts.config.n_layers else parts.blocks[layer].whole
    return [(module, lambda module, inputs: (change(inputs[0]), *inputs[1:]), True)]
