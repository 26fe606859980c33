"""Hugging Face's GPT2LMHeadModel looked into and interfered with by hooks of its own: week 12's reference.

Its modules go by the course's names here: `blocks.0.attn` is HF's `transformer.h.0.attn`.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.answers.oracles.hf_model import additive_mask

Change = Callable[[Tensor], Tensor]
_HALVES = (".ln_1", ".attn", ".ln_2", ".mlp", "")
_ENDS = {"embed": "wte", "pos_embed": "wpe", "ln_f": "ln_f"}


def names_of(n_layers: int) -> list[str]:
    """The names of all modules that give something, in the order in which they do."""
    blocks = [f"blocks.{layer}{half}" for layer in range(n_layers) for half in _HALVES]
    return ["embed", "pos_embed", *blocks, "ln_f", "unembed"]


def writers_of(n_layers: int) -> list[str]:
    """The names of the modules that write to the residual stream, in the order in which they do."""
    return [
        name for name in names_of(n_layers) if name.split(".")[-1] in {"embed", "pos_embed", "attn", "mlp"}
    ]


def module_of(model, name: str) -> nn.Module:
    """HF's module of that name."""
    if name == "unembed":
        return model.lm_head
    first, *rest = name.split(".")
    return model.transformer.get_submodule(".".join([_ENDS.get(first, "h"), *rest]))


@torch.no_grad()
def run(
    model, tokens: Int[Tensor, "batch seq"], changes: Iterable[tuple[str, Change]] = ()
) -> tuple[Float[Tensor, "batch seq d_vocab"], dict[str, Float[Tensor, "batch seq _"]]]:
    """Logits, and what every module gives, while the named modules' outputs are changed in this order."""
    seen: dict[str, Tensor] = {}
    with ExitStack() as hooks:
        for name, change in changes:
            hooks.callback(module_of(model, name).register_forward_hook(_changing(change)).remove)
        for name in names_of(len(model.transformer.h)):
            noting = _noting(seen, name, len(tokens))
            hooks.callback(module_of(model, name).register_forward_hook(noting).remove)
        logits = _forward(model, tokens).logits
    return logits, seen


@torch.no_grad()
def run_with_heads(
    model, tokens: Int[Tensor, "batch seq"], changes: Iterable[tuple[int, Callable[[Tensor], None]]]
) -> Float[Tensor, "batch seq d_vocab"]:
    """Logits while z of the named layers, [batch, seq, heads, d_head], is changed in place before W_O."""
    with ExitStack() as hooks:
        for layer, change in changes:
            attn = model.transformer.h[layer].attn
            hooks.callback(attn.c_proj.register_forward_pre_hook(_changing_z(change, attn.num_heads)).remove)
        return _forward(model, tokens).logits


@torch.no_grad()
def patterns(model, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "layers batch heads query key"]:
    """Every head's pattern, as HF gives it out."""
    return torch.stack(_forward(model, tokens, output_attentions=True).attentions)


@torch.no_grad()
def one_attention(
    model, x: Float[Tensor, "batch seq d_model"], layer: int
) -> tuple[Float[Tensor, "batch heads query key"], Float[Tensor, "batch heads seq d_model"]]:
    """The patterns of a layer's heads when its attention reads x, and what each head writes: HF's own output
    while all other heads are silenced, without HF's bias.
    """
    attn = model.transformer.h[layer].attn
    written = []
    for head in range(attn.num_heads):
        with ExitStack() as hooks:
            silence = _changing_z(lambda z, head=head: _silence_others(z, head), attn.num_heads)
            hooks.callback(attn.c_proj.register_forward_pre_hook(silence).remove)
            output, pattern = attn(x, attention_mask=additive_mask(x.shape[1]))[:2]
        written.append(output - attn.c_proj.bias)
    return pattern, torch.stack(written, dim=1)


def _silence_others(z: Float[Tensor, "batch seq heads d_head"], head: int) -> None:
    others = torch.arange(z.shape[2]) != head
    z[:, :, others] = 0.0


def _forward(model, tokens: Tensor, **asked: Any):
    return model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False, **asked)


def _changing(change: Change) -> Callable:
    def hook(module: nn.Module, inputs: Any, output: Any) -> Any:
        return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

    return hook


def _noting(seen: dict[str, Tensor], name: str, batch: int) -> Callable:
    def hook(module: nn.Module, inputs: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple) else output
        seen[name] = first.expand(batch, -1, -1).clone()  # HF has one row of places for all prompts

    return hook


def _changing_z(change: Callable[[Tensor], None], heads: int) -> Callable:
    def hook(module: nn.Module, inputs: Sequence[Tensor]) -> tuple[Tensor]:
        z = inputs[0].clone()
        change(z.unflatten(-1, (heads, -1)))
        return (z,)

    return hook
