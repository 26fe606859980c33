"""The fake's weights: random, then scaled layer by layer until the numbers inside are as large as GPT-2's.

Each layer is scaled on a few prompts before the next one is made, with HF's own modules. The factors are
rounded to three digits, so that another processor's rounding does not change the weights.
"""

from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from utils.reference import ModelConfig

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel

SCORES = (18, 11, 21, 26, 24, 17, 16, 15, 12, 14, 12, 12)
"""The mean of |q·k| in each layer of OpenAI's GPT-2 small, before the division by √d_head, over all heads and
all pairs of positions: computed from the scores in poloclub/transformer-explainer, ex0.js to ex4.js."""

FIRST_POSITION = 2900.0
"""The length of position 0's vector in the residual stream after the early layers."""

LOWEST_LOGIT, HIGHEST_LOGIT = -155.0, -75.0
"""The range of the logits: for whole prompts those of OpenAI's GPT-2 are all negative."""

_FIRST_LENGTH, _LAST_LENGTH = 60.0, 400.0
"""The length of all other positions' vectors after the first layer and after the last; in between it grows by
the same factor in each."""

_WTE, _WPE = 0.14, 0.12
"""The standard deviations of the two tables. They matter for LayerNorm's epsilon in the first layer."""

_OUTLIERS = 3
"""Dimensions of the stream in which position 0 is large. In the trained model, too, they are few."""

_BATCH, _SEQ = 4, 16


def fake_model(config: ModelConfig, seed: int = 0) -> "GPT2LMHeadModel":
    """Returns HF's model in eval mode with the fake's weights, the same for the same seed."""
    return _Maker(config, seed).make()


class _Maker:
    """Makes one model, from the embeddings to the last LayerNorm."""

    def __init__(self, config: ModelConfig, seed: int):
        self.config = config
        self.generator = torch.Generator().manual_seed(seed)
        self.model = _empty_model(config)
        self.body: Any = self.model.transformer  # torch types what is inside as Tensor or Module

    @torch.no_grad()
    def make(self) -> "GPT2LMHeadModel":
        resid = self._embeddings()
        lengths = torch.linspace(0, 1, self.config.n_layers)
        lengths = _FIRST_LENGTH * (_LAST_LENGTH / _FIRST_LENGTH) ** lengths
        for layer, length in enumerate(lengths.tolist()):
            resid = self._block(layer, resid, length)
        self._last_norm(resid)
        return self.model

    def _normal(self, *shape: int, scale: float, mean: float = 0.0) -> Tensor:
        return torch.randn(shape, generator=self.generator) * scale + mean

    def _embeddings(self) -> Float[Tensor, "batch seq d_model"]:
        """Fills both tables and returns the start of the residual stream on random prompts.

        All rows of wte share one direction, `common`, by which the last LayerNorm shifts all logits. Row 0 of
        wpe is three times as long as the others, as in the trained model.
        """
        wide, wte, wpe = self.config.d_model, self.body.wte.weight, self.body.wpe.weight
        wte.normal_(0, _WTE, generator=self.generator)
        self.common = _unit(self._normal(wide, scale=1.0))
        wte.addr_(wte @ self.common, self.common, alpha=-1)  # in place: 0.15 GB at true size
        wte += self.common * (0.5 * _WTE * wide**0.5)
        wpe.normal_(0, _WPE, generator=self.generator)
        wpe[0] *= 3
        tokens = torch.randint(self.config.d_vocab, (_BATCH, _SEQ), generator=self.generator)
        return wte[tokens] + wpe[:_SEQ]

    def _block(self, layer: int, resid: Tensor, length: float) -> Float[Tensor, "batch seq d_model"]:
        """Fills one block and returns the stream after it, `length` long at all positions but the first."""
        block = self.body.h[layer]
        for norm in (block.ln_1, block.ln_2):
            self._norm(norm, mean=0.5)
        grown = (length**2 - _typical_length(resid) ** 2) ** 0.5
        # The first attention writes little: position 0 must still be recognisable for the MLP behind it.
        of_attention = min(3.0, grown / 2) if layer == 0 else grown / 2**0.5
        self._attention(layer, block.ln_1(resid), of_attention)
        resid = resid + block.attn(block.ln_1(resid))[0]
        self._mlp(layer, block.ln_2(resid), (grown**2 - of_attention**2) ** 0.5)
        return resid + block.mlp(block.ln_2(resid))

    def _norm(self, norm: Any, mean: float) -> None:
        wide = self.config.d_model
        norm.weight.copy_(self._normal(wide, scale=0.2 * mean, mean=mean))
        norm.bias.copy_(self._normal(wide, scale=0.05))

    def _attention(self, layer: int, read: Tensor, length: float) -> None:
        """Fills an attention: heads of different sharpness, q·k as in `SCORES`, an output of `length`."""
        attn, wide, heads = self.body.h[layer].attn, self.config.d_model, self.config.n_heads
        for linear in (attn.c_attn, attn.c_proj):
            linear.weight.copy_(self._normal(*linear.weight.shape, scale=wide**-0.5))
            linear.bias.copy_(self._normal(*linear.bias.shape, scale=0.1))
        sharpness = torch.exp(self._normal(heads, scale=0.4)).repeat_interleave(self.config.d_head)
        q, k, _ = attn.c_attn(read).split(wide, dim=-1)
        q, k = ((x * sharpness).unflatten(-1, (heads, -1)).transpose(1, 2) for x in (q, k))
        wanted = SCORES[min(layer, len(SCORES) - 1)]
        factor = _rounded((wanted / (q @ k.mT).abs().mean()).sqrt())
        for name in ("weight", "bias"):
            numbers = getattr(attn.c_attn, name)
            numbers[..., : 2 * wide] *= factor * sharpness.repeat(2)
        self._scale_output(attn.c_proj, attn(read)[0], length)

    def _mlp(self, layer: int, read: Tensor, length: float) -> None:
        """Fills an MLP with an output of `length`, and with a neuron for position 0 in layers 0 and 2."""
        mlp, wide = self.body.h[layer].mlp, self.config.d_model
        mlp.c_fc.weight.copy_(self._normal(*mlp.c_fc.weight.shape, scale=2 * wide**-0.5))
        mlp.c_fc.bias.copy_(self._normal(*mlp.c_fc.bias.shape, scale=0.2))
        mlp.c_proj.weight.copy_(self._normal(*mlp.c_proj.weight.shape, scale=0.01))
        mlp.c_proj.bias.copy_(self._normal(wide, scale=0.1))
        self._scale_output(mlp.c_proj, mlp(read), length)
        lengths = {0: FIRST_POSITION / 10, min(2, self.config.n_layers - 1): FIRST_POSITION}
        if layer in lengths:
            self._neuron_for_position_0(mlp, read, lengths[layer])

    def _scale_output(self, linear: Any, written: Tensor, length: float) -> None:
        factor = _rounded(length / _typical_length(written))
        linear.weight *= factor
        linear.bias *= factor

    def _neuron_for_position_0(self, mlp: Any, read: Tensor, length: float) -> None:
        """Makes neuron 0 large (10) at position 0 and silent (−10) elsewhere; it writes `length`."""
        direction = _unit(read[:, 0].mean(0) - read[:, 1:].mean((0, 1)))
        along = read @ direction
        first, others = along[:, 0].mean(), along[:, 1:].max()
        factor = _rounded(20 / (first - others))
        mlp.c_fc.weight[:, 0] = factor * direction
        mlp.c_fc.bias[0] = _rounded(10 - factor * first)
        written = self._normal(self.config.d_model, scale=0.02)
        outliers = torch.randperm(self.config.d_model, generator=self.generator)[:_OUTLIERS]
        written[outliers] += self._normal(_OUTLIERS, scale=1.0).sign() * torch.tensor([1.0, 0.6, 0.4])
        mlp.c_proj.weight[0] = _unit(written) * (length / 10)

    def _last_norm(self, resid: Tensor) -> None:
        """Fills ln_f so that the logits of all positions but the first fill their range."""
        norm, wte = self.body.ln_f, self.body.wte.weight
        self._norm(norm, mean=1.0)
        norm.bias.zero_()
        logits = norm(resid)[:, 1:] @ wte.T
        factor = _rounded((HIGHEST_LOGIT - LOWEST_LOGIT) / (logits.max() - logits.min()))
        norm.weight *= factor
        middle = factor * (logits.max() + logits.min()) / 2
        shift = (HIGHEST_LOGIT + LOWEST_LOGIT) / 2 - middle
        norm.bias.copy_(self.common * _rounded(shift / (wte[0] @ self.common)))


def _empty_model(config: ModelConfig) -> "GPT2LMHeadModel":
    """Returns HF's model with memory for its weights and nothing in it, in eval mode."""
    from transformers import GPT2Config, GPT2LMHeadModel

    with torch.device("meta"):
        model = GPT2LMHeadModel(
            GPT2Config(
                n_embd=config.d_model,
                n_head=config.n_heads,
                n_layer=config.n_layers,
                n_positions=config.n_ctx,
                vocab_size=config.d_vocab,
                layer_norm_epsilon=config.layer_norm_eps,
            )
        )
    model = model.to_empty(device="cpu").eval()
    model.tie_weights()
    model.loss_type = "ForCausalLM"
    return model


def _unit(vector: Tensor) -> Tensor:
    return vector / vector.norm()


def _typical_length(vectors: Float[Tensor, "batch seq d_model"]) -> float:
    """Returns the mean length over all positions but the first."""
    return vectors[:, 1:].norm(dim=-1).mean().item()


def _rounded(number: Tensor | float) -> float:
    return float(f"{float(number):.3g}")
