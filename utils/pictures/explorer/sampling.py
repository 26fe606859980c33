"""The next token's distribution, with the settings of week 9."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from utils.pictures.explorer.problem import ExplorerProblem

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


@dataclass(frozen=True)
class Sampler:
    """Temperature, then top-k, then top-p, in the order of HF's generate."""

    temperature: float = 1.0
    """0 leaves only the token with the largest logit."""
    top_k: int = 0
    """How many tokens are kept; 0 keeps all."""
    top_p: float = 1.0
    """The most probable tokens are kept until their probabilities add up to this."""

    def __post_init__(self) -> None:
        if not (self.temperature >= 0 and self.top_k >= 0 and 0 < self.top_p <= 1):
            raise ExplorerProblem(
                "The temperature must be at least 0, top-k at least 0 (0 keeps all tokens), and top-p "
                "above 0 and at most 1."
            )

    def distribution(self, logits: Float[Tensor, " d_vocab"]) -> Float[Tensor, " d_vocab"]:
        """Return all probabilities, by HF's own classes; temperature 0 leaves the largest logit's token."""
        from torch.nn.functional import one_hot
        from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

        if self.temperature == 0:
            return one_hot(logits.argmax(), len(logits)).float()
        steps: list[Any] = [TemperatureLogitsWarper(float(self.temperature))]
        steps += [TopKLogitsWarper(self.top_k)] if self.top_k else []
        steps += [TopPLogitsWarper(self.top_p)] if self.top_p < 1 else []
        rows = logits[None]
        for step in steps:
            rows = step(None, rows)
        return rows[0].softmax(dim=-1)

    def choose(self, logits: Float[Tensor, " d_vocab"]) -> int:
        """Return the id of one token, drawn with torch's generator."""
        import torch

        return int(torch.multinomial(self.distribution(logits), 1))
