"""A language model of a few hundred numbers, which a check can train in milliseconds."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from utils.checks.engine.cases import Draw
from utils.reference import ModelConfig

Weights = dict[str, Float[Tensor, "..."]]


class SmallModel(nn.Module):
    """A model that predicts the next token from the mean of the vectors so far.

    It is simpler than a GPT-2 but is trained in the same way: it has weights, a bias, a gain and, optionally,
    dropout, and no position sees a later one. `calls` records the mode of each call.
    """

    W_E: nn.Parameter
    W_past: nn.Parameter
    b_past: nn.Parameter
    gain: nn.Parameter
    W_U: nn.Parameter

    def __init__(self, weights: Weights, n_ctx: int = 64, dropout: float = 0.0):
        super().__init__()
        for name, value in weights.items():
            setattr(self, name, nn.Parameter(value.clone()))
        self.dropout = nn.Dropout(dropout)
        self.config = small_config(weights, n_ctx)
        self.calls: list[dict[str, Any]] = []

    def forward(self, tokens: Int[Tensor, "batch seq"]) -> Float[Tensor, "batch seq d_vocab"]:
        """Returns the logits [batch, seq, d_vocab] for the next token at every position.

        Raises:
            ValueError: the prompts are longer than n_ctx.
        """
        seq = tokens.shape[1]
        if seq > self.config.n_ctx:
            raise ValueError(f"{seq} tokens are more than this model's n_ctx of {self.config.n_ctx}.")
        self.calls.append({"training": self.training, "gradients": torch.is_grad_enabled()})
        so_far = nn.functional.embedding(tokens, self.W_E).cumsum(dim=1)
        mean = so_far / torch.arange(1, seq + 1, device=tokens.device)[:, None]
        hidden = torch.tanh(mean @ self.W_past + self.b_past) * self.gain
        return self.dropout(hidden) @ self.W_U

    def numbers(self) -> Weights:
        """Returns copies of its weights by name."""
        return {name: parameter.detach().clone() for name, parameter in self.named_parameters()}


def small_config(weights: Weights, n_ctx: int) -> ModelConfig:
    """Returns the model's sizes as a GPT-2's config."""
    d_vocab, d_model = weights["W_E"].shape
    return ModelConfig(d_model, 1, d_model, d_model, 1, d_vocab, n_ctx, 1e-5)


def small_weights(draw: Draw, d_vocab: int, d_model: int, scale: float = 1.0) -> Weights:
    """Returns random weights of order 1, bias and gain too: zeros and ones would hide a mistake."""
    return {
        "W_E": draw.normal(d_vocab, d_model, scale=scale),
        "W_past": draw.normal(d_model, d_model, scale=scale * d_model**-0.5),
        "b_past": draw.normal(d_model),
        "gain": 1 + draw.normal(d_model, scale=0.3),
        "W_U": draw.normal(d_model, d_vocab, scale=scale * d_model**-0.5),
    }
