"""Hugging Face's GPT2LMHeadModel, read and changed by forward hooks: the reference of week 12.

Modules have the course's names here: `blocks.0.attn` is HF's `transformer.h.0.attn`.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.answers.oracles.hf_model import additive_mask

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel
    from transformers.models.gpt2.modeling_gpt2 import GPT2Attention, GPT2Block

Change = Callable[[Tensor], Tensor]
"""Takes a module's output and returns the output to use instead."""
_PARTS = (".ln_1", ".attn", ".ln_2", ".mlp", "")
_ENDS = {"embed": "wte", "pos_embed": "wpe", "ln_f": "ln_f"}


def names_of(n_layers: int) -> list[str]:
    """Returns the names of all modules whose outputs are recorded, in the order in which they run."""
    blocks = [f"blocks.{layer}{part}" for layer in range(n_layers) for part in _PARTS]
    return ["embed", "pos_embed", *blocks, "ln_f", "unembed"]


def writers_of(n_layers: int) -> list[str]:
    """Returns the names of the modules that write to the residual stream, in the order in which they run."""
    return [
        name for name in names_of(n_layers) if name.split(".")[-1] in {"embed", "pos_embed", "attn", "mlp"}
    ]


def module_of(model: "GPT2LMHeadModel", name: str) -> nn.Module:
    """Returns HF's module of that name."""
    if name == "unembed":
        return model.lm_head
    first, *rest = name.split(".")
    return model.transformer.get_submodule(".".join([_ENDS.get(first, "h"), *rest]))


@torch.no_grad()
def run(
    model: "GPT2LMHeadModel",
    tokens: Int[Tensor, "batch seq"],
    changes: Iterable[tuple[str, Change]] = (),
) -> tuple[Float[Tensor, "batch seq d_vocab"], dict[str, Float[Tensor, "batch seq _"]]]:
    """Returns the logits and every module's output, with the named modules' outputs changed in this order."""
    seen: dict[str, Tensor] = {}
    with ExitStack() as hooks:
        for name, change in changes:
            hooks.callback(module_of(model, name).register_forward_hook(_changing(change)).remove)
        for name in names_of(len(model.transformer.h)):
            recording = _recording(seen, name, len(tokens))
            hooks.callback(module_of(model, name).register_forward_hook(recording).remove)
        logits = _forward(model, tokens).logits
    return logits, seen


@torch.no_grad()
def run_with_heads(
    model: "GPT2LMHeadModel",
    tokens: Int[Tensor, "batch seq"],
    changes: Iterable[tuple[int, Callable[[Tensor], None]]],
) -> Float[Tensor, "batch seq d_vocab"]:
    """Returns the logits with z of the given layers changed in place before W_O.

    z is [batch, seq, n_heads, d_head].
    """
    with ExitStack() as hooks:
        for layer, change in changes:
            attn = _attention(model, layer)
            hooks.callback(attn.c_proj.register_forward_pre_hook(_changing_z(change, attn.num_heads)).remove)
        return _forward(model, tokens).logits


@torch.no_grad()
def patterns(
    model: "GPT2LMHeadModel", tokens: Int[Tensor, "batch seq"]
) -> Float[Tensor, "layers batch heads query key"]:
    """Returns every head's pattern, from HF's `output_attentions`."""
    return torch.stack(_forward(model, tokens, output_attentions=True).attentions)


@torch.no_grad()
def one_attention(
    model: "GPT2LMHeadModel", x: Float[Tensor, "batch seq d_model"], layer: int
) -> tuple[Float[Tensor, "batch heads query key"], Float[Tensor, "batch heads seq d_model"]]:
    """Returns the patterns of a layer's heads when its attention reads x, and the output of each head.

    A head's output is HF's own, without its bias, while z of all other heads is 0.
    """
    attn = _attention(model, layer)
    written = []
    for head in range(attn.num_heads):
        with ExitStack() as hooks:
            silence = _changing_z(partial(_silence_others, head=head), attn.num_heads)
            hooks.callback(attn.c_proj.register_forward_pre_hook(silence).remove)
            output, pattern = attn(x, attention_mask=additive_mask(x.shape[1]))[:2]
        written.append(output - attn.c_proj.bias)
    return pattern, torch.stack(written, dim=1)


def _attention(model: "GPT2LMHeadModel", layer: int) -> "GPT2Attention":
    return cast("GPT2Block", model.transformer.h[layer]).attn


def _silence_others(z: Float[Tensor, "batch seq heads d_head"], head: int) -> None:
    others = torch.arange(z.shape[2]) != head
    z[:, :, others] = 0.0


def _forward(model: "GPT2LMHeadModel", tokens: Tensor, **options: Any) -> Any:
    return model(tokens, attention_mask=torch.ones_like(tokens), use_cache=False, **options)


def _changing(change: Change) -> Callable:
    def hook(module: nn.Module, inputs: Any, output: Any) -> Any:
        return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

    return hook


def _recording(seen: dict[str, Tensor], name: str, batch: int) -> Callable:
    def hook(module: nn.Module, inputs: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple) else output
        seen[name] = first.expand(batch, -1, -1).clone()  # HF's wpe runs once for all prompts

    return hook


def _changing_z(change: Callable[[Tensor], None], heads: int) -> Callable:
    def hook(module: nn.Module, inputs: Sequence[Tensor]) -> tuple[Tensor]:
        z = inputs[0].clone()
        change(z.unflatten(-1, (heads, -1)))
        return (z,)

    return hook
