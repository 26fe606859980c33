"""Steps of looking into a model, which the week's mistakes are built from."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.checks.fakes.gpt2 import SmallGPT2

Hooks = Iterable[tuple[str, Callable]]
"""Forward hooks with their modules' names."""


def interfered(
    model: nn.Module, tokens: Int[Tensor, "batch seq"], hooks: Hooks = ()
) -> Float[Tensor, "batch seq d_vocab"]:
    """Return the logits with these hooks, which are removed again."""
    with ExitStack() as stack:
        for name, hook in hooks:
            stack.callback(model.get_submodule(name).register_forward_hook(hook).remove)
        return model(tokens)


def observed(
    model: nn.Module, tokens: Int[Tensor, "batch seq"]
) -> tuple[Float[Tensor, "batch seq d_vocab"], dict[str, Tensor]]:
    """Return the logits, and the output of every module inside the model by name."""
    seen: dict[str, Tensor] = {}

    def noting(name):
        def hook(module, given, result):
            seen[name] = result.detach().clone()

        return hook

    inner = [name for name, _ in model.named_modules() if name]
    return interfered(model, tokens, [(name, noting(name)) for name in inner]), seen


def stream(model: SmallGPT2, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "depth batch seq d_model"]:
    """Return the residual stream before the first block and after every block."""
    seen = observed(model, tokens)[1]
    first = seen["embed"] + seen["pos_embed"]
    return torch.stack([first, *(seen[f"blocks.{layer}"] for layer in range(len(model.blocks)))])


def scores(attn: nn.Module, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch heads query key"]:
    """Return the masked and scaled scores of all heads."""
    q, k = (face(attn, x, letter) for letter in "QK")
    raw = torch.matmul(q, k.transpose(-1, -2)) * q.shape[-1] ** -0.5
    return raw.masked_fill(torch.ones_like(raw).triu(1).bool(), -torch.inf)


def face(
    attn: nn.Module, x: Float[Tensor, "batch seq d_model"], letter: str
) -> Float[Tensor, "batch heads seq d_head"]:
    """Return q, k or v of all heads."""
    product = torch.einsum("bsm,hmd->bhsd", x, getattr(attn, f"W_{letter}"))
    return product + getattr(attn, f"b_{letter}").unsqueeze(1)


def written_by(
    attn: nn.Module,
    x: Float[Tensor, "batch seq d_model"],
    pattern: Float[Tensor, "batch heads query key"] | None = None,
) -> Float[Tensor, "batch heads seq d_model"]:
    """Return the output of each head, with its own pattern or the given one."""
    pattern = scores(attn, x).softmax(-1) if pattern is None else pattern
    return (pattern @ face(attn, x, "V")) @ attn.get_parameter("W_O")


def without(head: int, instead: Callable = lambda written: 0.0) -> Callable:
    """Return a hook on an attention module that replaces a head's output by `instead(output)`."""

    def hook(attn, given, result):
        own = written_by(attn, given[0])[:, head]
        return result - own + instead(own)

    return hook
