"""The sizes of a GPT-2, in the course's words."""

import json
from dataclasses import dataclass
from pathlib import Path

from utils.reference.problems import ReferenceDamaged


@dataclass(frozen=True)
class ModelConfig:
    """The numbers that fix every shape of a GPT-2."""

    d_model: int
    """Length of the vector that a token is at every layer."""
    n_heads: int
    """Attention heads in a layer."""
    d_head: int
    """Length of a head's query, key and value vectors: d_model / n_heads."""
    d_mlp: int
    """Hidden neurons of a layer's MLP: 4 · d_model in every GPT-2 that OpenAI published."""
    n_layers: int
    """Transformer blocks."""
    d_vocab: int
    """Different token ids."""
    n_ctx: int
    """Tokens that the model can see at once: it has a position vector for no more."""
    layer_norm_eps: float
    """Added to the variance inside LayerNorm's root."""

    @classmethod
    def from_file(cls, path: Path) -> "ModelConfig":
        """The sizes that one of HF's `config.json` files states.

        Raises:
            ReferenceDamaged: the file is no JSON, or not the config of a GPT-2.
        """
        try:
            hf = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                d_model=hf["n_embd"],
                n_heads=hf["n_head"],
                d_head=hf["n_embd"] // hf["n_head"],
                # HF writes null for "4 · n_embd", and OpenAI's own files leave the line out.
                d_mlp=hf.get("n_inner") or 4 * hf["n_embd"],
                n_layers=hf["n_layer"],
                d_vocab=hf["vocab_size"],
                n_ctx=hf["n_positions"],
                layer_norm_eps=hf["layer_norm_epsilon"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ReferenceDamaged(f"{path} is not the config of a GPT-2 ({reason}).") from error


def _published(n_layers: int, d_model: int, n_heads: int) -> ModelConfig:
    """A GPT-2 as OpenAI published it: what the four have in common stands here."""
    return ModelConfig(
        d_model=d_model,
        n_heads=n_heads,
        d_head=d_model // n_heads,
        d_mlp=4 * d_model,
        n_layers=n_layers,
        d_vocab=50257,
        n_ctx=1024,
        layer_norm_eps=1e-5,
    )


CONFIGS = {
    "gpt2": _published(12, 768, 12),
    "gpt2-medium": _published(24, 1024, 16),
    "gpt2-large": _published(36, 1280, 20),
    "gpt2-xl": _published(48, 1600, 25),
}
"""The four published sizes, for tables that need no weights: Radford et al. 2019, table 2, and each model's
own `config.json` on the hub."""
