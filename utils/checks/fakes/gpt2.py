"""A GPT-2 with given weights and week 7's module names, for checks that look inside a model.

It uses torch's ready-made functions, so that a watch for them notices when it does an earlier exercise's
work.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from utils.checks.engine.cases import Draw, Sizes
from utils.checks.fakes.modules import PositionTable, TokenTable
from utils.reference import ModelConfig

Weights = Mapping[str, Any]
"""The parameters of embed, pos_embed and ln_f; blocks is a list of those of ln_1, attn, ln_2 and mlp."""


class SmallGPT2(nn.Module):
    """A GPT2 with embed, pos_embed, blocks (ln_1, attn, ln_2, mlp), ln_f, unembed and config."""

    def __init__(self, config: Mapping[str, Any], weights: Weights):
        super().__init__()
        self.config = ModelConfig(**config)
        eps = self.config.layer_norm_eps
        self.embed = TokenTable(weights["embed"]["W_E"])
        self.pos_embed = PositionTable(weights["pos_embed"]["W_pos"])
        self.blocks = nn.ModuleList(_Block(block, eps) for block in weights["blocks"])
        self.ln_f = _Norm(weights["ln_f"], eps)
        self.unembed = _Unembed(self.embed)

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Returns the logits [batch, seq, d_vocab] for the next token at every position.

        Raises:
            ValueError: the prompts are longer than n_ctx.
        """
        seq, n_ctx = tokens.shape[1], self.config.n_ctx
        if seq > n_ctx:
            raise ValueError(f"{seq} tokens do not fit into n_ctx, which is {n_ctx}.")
        resid = torch.add(self.embed(tokens), self.pos_embed(tokens))
        return self.unembed(self.ln_f(reduce(lambda x, layer: layer(x), self.blocks, resid)))


class _Holder(nn.Module):
    """Has a parameter for each name and value."""

    def __init__(self, numbers: Mapping[str, Tensor]):
        super().__init__()
        for name, value in numbers.items():
            self.register_parameter(name, nn.Parameter(value.clone()))


class _Norm(_Holder):
    gain: Tensor
    bias: Tensor

    def __init__(self, numbers: Mapping[str, Tensor], eps: float):
        super().__init__(numbers)
        self.eps = eps

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        return F.layer_norm(x, self.gain.shape, self.gain, self.bias, self.eps)


class _Attention(_Holder):
    W_Q: Tensor
    W_K: Tensor
    W_V: Tensor
    W_O: Tensor
    b_Q: Tensor
    b_K: Tensor
    b_V: Tensor
    b_O: Tensor

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        q, k, v = (
            torch.einsum("bsm,hmd->bhsd", x, W).add(b[:, None])
            for W, b in ((self.W_Q, self.b_Q), (self.W_K, self.b_K), (self.W_V, self.b_V))
        )
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return torch.tensordot(z, self.W_O, dims=([1, 3], [0, 1])).add(self.b_O)


class _MLP(_Holder):
    W_in: Tensor
    b_in: Tensor
    W_out: Tensor
    b_out: Tensor

    def forward(self, x: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        hidden = F.gelu(F.linear(x, self.W_in.T, self.b_in), approximate="tanh")
        return F.linear(hidden, self.W_out.T, self.b_out)


class _Unembed(nn.Module):
    def __init__(self, embed: TokenTable):
        super().__init__()
        self.embed = embed

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_vocab"]:
        return F.linear(x, self.embed.W_E)


class _Block(nn.Module):
    def __init__(self, weights: Weights, eps: float):
        super().__init__()
        self.ln_1, self.ln_2 = _Norm(weights["ln_1"], eps), _Norm(weights["ln_2"], eps)
        self.attn, self.mlp = _Attention(weights["attn"]), _MLP(weights["mlp"])

    def forward(self, stream: Float[Tensor, "batch seq d_model"]) -> Float[Tensor, "batch seq d_model"]:
        for norm, half in ((self.ln_1, self.attn), (self.ln_2, self.mlp)):
            stream = torch.add(stream, half(norm(stream)))
        return stream


def random_weights(draw: Draw, sizes: Sizes) -> Weights:
    """Returns random weights for `layers`, `heads`, `d_head`, `d_mlp`, `vocab` and `n_ctx`.

    As in GPT-2, d_model is heads · d_head. Matrices are scaled so that activations stay of order 1; biases
    and gains are of order 1.
    """
    d_model = sizes.heads * sizes.d_head
    return {
        "embed": {"W_E": draw.normal(sizes.vocab, d_model)},
        "pos_embed": {"W_pos": draw.normal(sizes.n_ctx, d_model)},
        "blocks": [_random_block(draw, sizes, d_model) for _ in range(sizes.layers)],
        "ln_f": _random_norm(draw, d_model),
    }


def _random_block(draw: Draw, sizes: Sizes, d_model: int) -> Weights:
    heads, d_head, d_mlp = sizes.heads, sizes.d_head, sizes.d_mlp
    attn = {"W_O": draw.normal(heads, d_head, d_model, scale=d_head**-0.5), "b_O": draw.normal(d_model)}
    for letter in "QKV":
        attn[f"W_{letter}"] = draw.normal(heads, d_model, d_head, scale=d_model**-0.5)
        attn[f"b_{letter}"] = draw.normal(heads, d_head)
    mlp = {
        "W_in": draw.normal(d_model, d_mlp, scale=d_model**-0.5),
        "b_in": draw.normal(d_mlp),
        "W_out": draw.normal(d_mlp, d_model, scale=d_mlp**-0.5),
        "b_out": draw.normal(d_model),
    }
    norms = {name: _random_norm(draw, d_model) for name in ("ln_1", "ln_2")}
    return {**norms, "attn": attn, "mlp": mlp}


def _random_norm(draw: Draw, d_model: int) -> Weights:
    return {"gain": 1 + draw.normal(d_model, scale=0.3), "bias": draw.normal(d_model)}
