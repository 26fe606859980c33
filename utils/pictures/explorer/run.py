"""One run of a model with everything that it computed, and the numbers inside its attention and its MLPs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from utils.adapters.reading import HeadWeights, MLPWeights, read_heads, read_mlp
from utils.errors import CheckMisuse
from utils.pictures.explorer.parts import Parts
from utils.pictures.explorer.problem import ExplorerProblem

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int
    from torch import Tensor
    from torch.nn import Module

Hook = tuple["Module", Callable[..., Any], bool]
"""A module, a function to call when it runs, and whether before it (True) or after it (False)."""
Adjust = Callable[[int, "AttentionNumbers", HeadWeights], "AttentionNumbers"]
"""From a block's number, what its attention computes and its weights to what it computes after changes."""


@dataclass(frozen=True)
class AttentionNumbers:
    """What one attention layer computes, by GPT-2's formulas from the module's input and its weights."""

    q: Float[Tensor, "n_heads seq d_head"]
    k: Float[Tensor, "n_heads seq d_head"]
    v: Float[Tensor, "n_heads seq d_head"]
    scores: Float[Tensor, "n_heads query key"]
    """q · k / √d_head, before the mask."""
    mask: Bool[Tensor, "query key"]
    """True where a key is hidden from a query."""
    weights: Float[Tensor, "n_heads query key"]
    z: Float[Tensor, "n_heads seq d_head"]
    by_head: Float[Tensor, "n_heads seq d_model"]
    """What each head writes to the residual stream, without b_O."""


@dataclass(frozen=True)
class MLPNumbers:
    """What one MLP computes inside, by GPT-2's formulas."""

    before: Float[Tensor, "seq d_mlp"]
    after: Float[Tensor, "seq d_mlp"]


@dataclass(frozen=True)
class Run:
    """The outputs of a model's modules for one text."""

    parts: Parts
    ids: Int[Tensor, " seq"]
    outputs: dict[str, Float[Tensor, "seq d_model"]]
    """By name: `token embeddings`, `position embeddings`, `ln_f`; and of block 3 `3 input`, `3 ln_1`,
    `3 attn`, `3 ln_2`, `3 mlp`, `3 output`."""
    logits: Float[Tensor, "seq d_vocab"]
    adjust: Adjust | None = None
    """The changes inside the attention layers; None if there are none."""
    _attention: dict[int, AttentionNumbers] = field(default_factory=dict, repr=False)

    @cached_property
    def depths(self) -> list[Float[Tensor, "seq d_model"]]:
        """The residual stream before the first block and after each one."""
        blocks = range(len(self.parts.blocks))
        return [self.outputs["0 input"], *(self.outputs[f"{n} output"] for n in blocks)]

    def attention(self, layer: int) -> AttentionNumbers:
        """Return what the attention of a block computes on the way to its output.

        Raises:
            ExplorerProblem: the module does not keep its weights under week 6's names.
        """
        if layer not in self._attention:
            weights = head_weights(self.parts, layer)
            numbers = attention_numbers(self.outputs[f"{layer} ln_1"].to(weights.W_Q), weights)
            self._attention[layer] = self.adjust(layer, numbers, weights) if self.adjust else numbers
        return self._attention[layer]

    def mlp(self, layer: int) -> MLPNumbers:
        """Return the neurons of a block's MLP.

        Raises:
            ExplorerProblem: the module does not keep its weights under week 4's names.
        """
        from torch.nn.functional import gelu

        weights = _mlp_weights(self.parts, layer)
        before = self.outputs[f"{layer} ln_2"].to(weights.W_in) @ weights.W_in + weights.b_in
        return MLPNumbers(before, gelu(before, approximate="tanh"))


def record(parts: Parts, ids: Sequence[int], hooks: Sequence[Hook] = (), adjust: Adjust | None = None) -> Run:
    """Run the model on one text, with `hooks` that may change what it computes, and keep all outputs.

    Args:
        parts: The model's parts.
        ids: The text's token ids.
        hooks: Called in this order, before those that record.
        adjust: What the hooks change inside attention layers, for the numbers that are shown.

    Raises:
        ExplorerProblem: the model raises an error, or gives something else than logits.
    """
    import torch

    outputs: dict[str, Tensor] = {}
    device = next((each.device for each in parts.model.parameters()), torch.device("cpu"))
    tokens = torch.tensor([list(ids)], device=device)
    was_training = parts.model.training
    parts.model.eval()
    try:
        # The recording hooks come last, so that they see what the others have changed.
        with torch.no_grad(), _hooked([*hooks, *_recorders(parts, outputs)]):
            given = parts.model(tokens)
    except ExplorerProblem:  # of a hook
        raise
    except Exception as error:
        raise ExplorerProblem(f"Running the model raised {type(error).__name__}: {error}") from error
    finally:
        parts.model.train(was_training)
    logits = getattr(given, "logits", given)
    if not isinstance(logits, torch.Tensor) or logits.dim() != 3:
        raise ExplorerProblem("The model must return logits [batch, seq, d_vocab], and this one does not.")
    missing = [name for name in _names(len(parts.blocks)) if name not in outputs]
    if missing:
        raise ExplorerProblem(f"The model's forward never called the module of {missing[0]!r}.")
    return Run(parts, tokens[0].cpu(), outputs, logits[0].float().cpu(), adjust)


def first_not_finite(run: Run) -> str:
    """Return the name of the first output that holds NaN or infinity; an empty text if there is none."""
    for name in (*_names(len(run.parts.blocks)), "logits"):
        values = run.logits if name == "logits" else run.outputs[name]
        if not values.isfinite().all():
            return name
    return ""


def head_weights(parts: Parts, layer: int) -> HeadWeights:
    """Return the weights of a block's attention.

    Raises:
        ExplorerProblem: the module does not keep them under week 6's names.
    """
    try:
        return read_heads(parts.blocks[layer].attn, parts.config.n_heads)
    except CheckMisuse as error:
        raise ExplorerProblem(f"Block {layer}: {error}") from error


def attention_numbers(x: Float[Tensor, "seq d_model"], weights: HeadWeights) -> AttentionNumbers:
    """Return what attention computes for its input, with GPT-2's causal mask."""
    import torch

    q, k, v = (
        x @ weight + bias[:, None]
        for weight, bias in (
            (weights.W_Q, weights.b_Q),
            (weights.W_K, weights.b_K),
            (weights.W_V, weights.b_V),
        )
    )
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(diagonal=1)
    pattern = scores.masked_fill(mask, float("-inf")).softmax(dim=-1)
    z = pattern @ v
    return AttentionNumbers(q, k, v, scores, mask, pattern, z, z @ weights.W_O)


def _mlp_weights(parts: Parts, layer: int) -> MLPWeights:
    try:
        return read_mlp(parts.blocks[layer].mlp)
    except CheckMisuse as error:
        raise ExplorerProblem(f"Block {layer}: {error}") from error


def _names(n_layers: int) -> Iterator[str]:
    """Return the names of all outputs in the order in which they are computed."""
    yield from ("token embeddings", "position embeddings")
    for n in range(n_layers):
        yield from (f"{n} {part}" for part in ("input", "ln_1", "attn", "ln_2", "mlp", "output"))
    yield "ln_f"


def _recorders(parts: Parts, outputs: dict[str, Tensor]) -> Iterator[Hook]:
    def keep(name: str, value: Any) -> None:
        value = first_of(value)
        outputs[name] = (value[0] if value.dim() == 3 else value).detach().float().cpu()

    def after(name: str) -> Callable[..., None]:
        return lambda module, inputs, output: keep(name, output)

    def before(name: str) -> Callable[..., None]:
        return lambda module, inputs: keep(name, inputs[0])

    yield parts.embed, after("token embeddings"), False
    yield parts.pos_embed, after("position embeddings"), False
    for n, block in enumerate(parts.blocks):
        yield block.whole, before(f"{n} input"), True
        for name in ("ln_1", "attn", "ln_2", "mlp"):
            yield getattr(block, name), after(f"{n} {name}"), False
        yield block.whole, after(f"{n} output"), False
    yield parts.ln_f, after("ln_f"), False


def first_of(output: Any) -> Tensor:
    """Return a module's output, or its first one: HF's attention returns its weights beside it."""
    return output[0] if isinstance(output, tuple) else output


@contextmanager
def _hooked(hooks: Sequence[Hook]) -> Iterator[None]:
    handles = []
    try:
        for module, function, is_before in hooks:
            register = module.register_forward_pre_hook if is_before else module.register_forward_hook
            handles.append(register(function))
        yield
    finally:
        for handle in handles:
            handle.remove()
