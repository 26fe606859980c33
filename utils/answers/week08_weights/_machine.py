"""A GPT2 to load weights into, and a correct loader of which each mistake changes a step."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.answers.week08_weights import _course, _hf
from utils.reference import ModelConfig

Tensors = dict[str, Tensor]


class Steps(TypedDict, total=False):
    """The steps of `load` that a mistake can replace."""

    refusals: Iterable[Callable]
    read: Callable[[Tensors, ModelConfig], Tensors]
    change: Callable[[Tensors, ModelConfig], Tensors]
    fill: Callable[[nn.Module, Tensors], None]
    finish: Callable[[nn.Module], nn.Module]


class Holder(nn.Module):
    """A module with a parameter for each name and tensor."""

    if TYPE_CHECKING:  # its attributes are tensors, never modules

        def __getattr__(self, name: str) -> Tensor: ...

    def __init__(self, **numbers: Tensor):
        super().__init__()
        for name, value in numbers.items():
            self.register_parameter(name, nn.Parameter(value))


class _Unembedding(nn.Module):
    """The module `unembed`, tied to the embedding."""

    def __init__(self, embed: Holder):
        super().__init__()
        self.embed = embed


class _Block(nn.Module):
    """A transformer block's parameters."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        heads, d_head, width, d_mlp = config.n_heads, config.d_head, config.d_model, config.d_mlp
        reads = {f"W_{letter}": _small(heads, width, d_head) for letter in "QKV"}
        reads |= {f"b_{letter}": torch.zeros(heads, d_head) for letter in "QKV"}
        self.ln_1, self.ln_2 = _norm(width), _norm(width)
        self.attn = Holder(**reads, W_O=_small(heads, d_head, width), b_O=torch.zeros(width))
        self.mlp = Holder(
            W_in=_small(width, d_mlp),
            b_in=torch.zeros(d_mlp),
            W_out=_small(d_mlp, width),
            b_out=torch.zeros(width),
        )


class Machine(nn.Module):
    """A GPT2 with the weights of a new one: small random matrices, biases 0, gains 1."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config, width = config, config.d_model
        self.embed = Holder(W_E=_small(config.d_vocab, width))
        self.pos_embed = Holder(W_pos=_small(config.n_ctx, width))
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.n_layers))
        self.ln_f = _norm(width)
        self.unembed = _Unembedding(self.embed)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits at every position."""
        x = F.embedding(tokens, self.embed.W_E).add(self.pos_embed.W_pos[: tokens.shape[1]])
        for block in cast("Iterable[_Block]", self.blocks):
            x = x.add(_attend(block.attn, self._normed(x, block.ln_1)))
            inside = self._normed(x, block.ln_2) @ block.mlp.W_in + block.mlp.b_in
            x = x.add(F.gelu(inside, approximate="tanh") @ block.mlp.W_out + block.mlp.b_out)
        return F.linear(self._normed(x, self.ln_f), self.unembed.embed.W_E)

    def _normed(self, x: Tensor, norm: Holder) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], norm.gain, norm.bias, self.config.layer_norm_eps)


def _small(*shape: int) -> Tensor:
    return 0.02 * torch.randn(shape)


def _norm(width: int) -> Holder:
    return Holder(gain=torch.ones(width), bias=torch.zeros(width))


def _attend(attn: Holder, x: Tensor) -> Tensor:
    q, k, v = (
        torch.einsum("bsm,hmd->bhsd", x, getattr(attn, f"W_{letter}")) + getattr(attn, f"b_{letter}")[:, None]
        for letter in "QKV"
    )
    z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return torch.einsum("bhsd,hdm->bsm", z, attn.W_O) + attn.b_O


def refuse_names(state_dict: Tensors, config: ModelConfig) -> None:
    """Raise ValueError for a missing or an unknown name."""
    for name in set(_hf.shapes(asdict(config))).symmetric_difference(state_dict):
        raise ValueError(f"The state dict and the config do not agree on {name}")


def refuse_shapes(state_dict: Tensors, config: ModelConfig) -> None:
    """Raise ValueError for a tensor of a wrong shape."""
    for name, shape in _hf.shapes(asdict(config)).items():
        if name in state_dict and tuple(state_dict[name].shape) != shape:
            raise ValueError(f"{name} is not of shape {shape}")


def refuse_untied(state_dict: Tensors, config: ModelConfig) -> None:
    """Raise ValueError if the unembedding differs from the embedding."""
    head, table = (state_dict[name] for name in ("lm_head.weight", "transformer.wte.weight"))
    if head.shape != table.shape or bool((head != table).any()):
        raise ValueError("lm_head.weight is no copy of the embedding")


REFUSALS = (refuse_names, refuse_shapes, refuse_untied)


def put(model: nn.Module, filled: Tensors) -> None:
    """Copy each tensor into the parameter of its name."""
    with torch.no_grad():
        for name, value in filled.items():
            model.get_parameter(name).copy_(value)


def _forms(state_dict: Tensors, config: ModelConfig) -> Tensors:
    filled: Tensors = {}
    for name, tensor in state_dict.items():
        filled |= zip(_course.ours(name), _course.forms(name, tensor, config.n_heads), strict=True)
    return filled


def load(
    state_dict: Tensors,
    config: ModelConfig,
    *,
    refusals: Iterable[Callable] = REFUSALS,
    read: Callable[[Tensors, ModelConfig], Tensors] = lambda state_dict, config: state_dict,
    change: Callable[[Tensors, ModelConfig], Tensors] = lambda filled, config: filled,
    fill: Callable[[nn.Module, Tensors], None] = put,
    finish: Callable[[nn.Module], nn.Module] = lambda model: model,
) -> nn.Module:
    """Return a model with these weights in eval mode; each keyword replaces one step."""
    for refuse in refusals:
        refuse(state_dict, config)
    model = Machine(config).eval()
    fill(model, change(_forms(read(state_dict, config), config), config))
    return finish(model)


def loading(**steps: Unpack[Steps]) -> Callable:
    """Return a loader with these steps in place of the correct ones."""
    return partial(load, **steps)


def known(state_dict: Mapping[str, Tensor], config: ModelConfig) -> Tensors:
    """Return the tensors whose names the model has."""
    names = _hf.shapes(asdict(config))
    return {name: tensor for name, tensor in state_dict.items() if name in names}
