"""A GPT2 to load weights into, and a careful loader of which the mistakes change one step."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.answers.week08_weights import _course, _hf
from utils.reference import ModelConfig

Tensors = dict[str, Tensor]


class Holder(nn.Module):
    """Holds numbers as parameters of their names."""

    def __init__(self, **numbers: Tensor):
        super().__init__()
        for name, value in numbers.items():
            self.register_parameter(name, nn.Parameter(value))


class Machine(nn.Module):
    """A GPT2 with the first weights that a new one has: small random matrices, biases 0, gains 1."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config, width = config, config.d_model
        self.embed = Holder(W_E=_small(config.d_vocab, width))
        self.pos_embed = Holder(W_pos=_small(config.n_ctx, width))
        self.blocks = nn.ModuleList(_block(config) for _ in range(config.n_layers))
        self.ln_f = _norm(width)
        self.unembed = nn.Module()
        self.unembed.embed = self.embed

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits at every position."""
        x = F.embedding(tokens, self.embed.W_E).add(self.pos_embed.W_pos[: tokens.shape[1]])
        for block in self.blocks:
            x = x.add(_attend(block.attn, self._normed(x, block.ln_1)))
            inside = self._normed(x, block.ln_2) @ block.mlp.W_in + block.mlp.b_in
            x = x.add(F.gelu(inside, approximate="tanh") @ block.mlp.W_out + block.mlp.b_out)
        return F.linear(self._normed(x, self.ln_f), self.unembed.embed.W_E)

    def _normed(self, x: Tensor, norm: nn.Module) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], norm.gain, norm.bias, self.config.layer_norm_eps)


def _small(*shape: int) -> Tensor:
    return 0.02 * torch.randn(shape)


def _norm(width: int) -> Holder:
    return Holder(gain=torch.ones(width), bias=torch.zeros(width))


def _block(config: ModelConfig) -> nn.Module:
    heads, d_head, width, d_mlp = config.n_heads, config.d_head, config.d_model, config.d_mlp
    reads = {f"W_{letter}": _small(heads, width, d_head) for letter in "QKV"}
    reads |= {f"b_{letter}": torch.zeros(heads, d_head) for letter in "QKV"}
    block = nn.Module()
    block.ln_1, block.ln_2 = _norm(width), _norm(width)
    block.attn = Holder(**reads, W_O=_small(heads, d_head, width), b_O=torch.zeros(width))
    block.mlp = Holder(
        W_in=_small(width, d_mlp),
        b_in=torch.zeros(d_mlp),
        W_out=_small(d_mlp, width),
        b_out=torch.zeros(width),
    )
    return block


def _attend(attn: nn.Module, x: Tensor) -> Tensor:
    q, k, v = (
        torch.einsum("bsm,hmd->bhsd", x, getattr(attn, f"W_{letter}")) + getattr(attn, f"b_{letter}")[:, None]
        for letter in "QKV"
    )
    z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return torch.einsum("bhsd,hdm->bsm", z, attn.W_O) + attn.b_O


def refuse_names(state_dict: Tensors, config: ModelConfig) -> None:
    """Raises ValueError for a name too few or too many."""
    for name in set(_hf.shapes(asdict(config))).symmetric_difference(state_dict):
        raise ValueError(f"The state dict and the config do not agree on {name}")


def refuse_shapes(state_dict: Tensors, config: ModelConfig) -> None:
    """Raises ValueError for a tensor of another shape."""
    for name, shape in _hf.shapes(asdict(config)).items():
        if name in state_dict and tuple(state_dict[name].shape) != shape:
            raise ValueError(f"{name} is not of shape {shape}")


def refuse_untied(state_dict: Tensors, config: ModelConfig) -> None:
    """Raises ValueError where the unembedding is not the embedding."""
    head, table = (state_dict[name] for name in ("lm_head.weight", "transformer.wte.weight"))
    if head.shape != table.shape or bool((head != table).any()):
        raise ValueError("lm_head.weight is no copy of the embedding")


REFUSALS = (refuse_names, refuse_shapes, refuse_untied)


def put(model: nn.Module, filled: Tensors) -> None:
    """Copies each tensor into the parameter of its name."""
    with torch.no_grad():
        for name, value in filled.items():
            model.get_parameter(name).copy_(value)


def _forms(state_dict: Tensors, config: ModelConfig) -> Tensors:
    filled = {}
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
    """A model with these weights in eval mode; each keyword replaces one step of the way."""
    for refuse in refusals:
        refuse(state_dict, config)
    model = Machine(config).eval()
    fill(model, change(_forms(read(state_dict, config), config), config))
    return finish(model)


def loading(**steps: Callable | Iterable[Callable]) -> Callable:
    """A loader with these steps in place of the careful ones."""
    return partial(load, **steps)


def known(state_dict: Mapping[str, Tensor], config: ModelConfig) -> Tensors:
    """The tensors that have a place in the model; others are passed over."""
    names = _hf.shapes(asdict(config))
    return {name: tensor for name, tensor in state_dict.items() if name in names}
