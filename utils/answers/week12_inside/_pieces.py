"""Looking into a model, in steps that the mistakes below are put together from."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack

import torch
from torch import nn

Hooks = Iterable[tuple[str, Callable]]


def interfered(model, tokens, hooks: Hooks = ()):
    """Logits while the hooks, by their modules' names, are set; they are removed again."""
    with ExitStack() as stack:
        for name, hook in hooks:
            stack.callback(model.get_submodule(name).register_forward_hook(hook).remove)
        return model(tokens)


def observed(model, tokens):
    """Logits, and what every module but the model itself gives, by its name."""
    seen = {}

    def noting(name):
        def hook(module, given, result):
            seen[name] = result.detach().clone()

        return hook

    inner = [name for name, _ in model.named_modules() if name]
    return interfered(model, tokens, [(name, noting(name)) for name in inner]), seen


def stream(model, tokens):
    """The residual stream before the first block and after every block."""
    seen = observed(model, tokens)[1]
    first = seen["embed"] + seen["pos_embed"]
    return torch.stack([first, *(seen[f"blocks.{layer}"] for layer in range(len(model.blocks)))])


def scores(attn: nn.Module, x):
    """Masked and scaled scores of all heads."""
    q, k = (face(attn, x, letter) for letter in "QK")
    raw = torch.matmul(q, k.transpose(-1, -2)) * q.shape[-1] ** -0.5
    return raw.masked_fill(torch.ones_like(raw).triu(1).bool(), -torch.inf)


def face(attn: nn.Module, x, letter: str):
    """q, k or v of all heads."""
    product = torch.einsum("bsm,hmd->bhsd", x, getattr(attn, f"W_{letter}"))
    return product + getattr(attn, f"b_{letter}").unsqueeze(1)


def written_by(attn: nn.Module, x, pattern=None):
    """What each head writes; with its own pattern, or with another."""
    pattern = scores(attn, x).softmax(-1) if pattern is None else pattern
    return (pattern @ face(attn, x, "V")) @ attn.W_O


def without(head: int, instead: Callable = lambda written: 0.0) -> Callable:
    """A hook on an attention module: something else in place of what a head writes."""

    def hook(attn, given, result):
        own = written_by(attn, given[0])[:, head]
        return result - own + instead(own)

    return hook
