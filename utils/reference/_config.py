"""The sizes of a GPT-2, under the course's names."""

import json
from dataclasses import dataclass
from pathlib import Path

from utils.reference.problems import ReferenceDamaged


@dataclass(frozen=True)
class ModelConfig:
    """The numbers that determine every shape of a GPT-2."""

    d_model: int
    """Length of a token's vector in the residual stream."""
    n_heads: int
    """Attention heads in a layer."""
    d_head: int
    """Length of a head's query, key and value vectors: d_model / n_heads."""
    d_mlp: int
    """Hidden neurons of a layer's MLP: 4 · d_model in every GPT-2 that OpenAI published."""
    n_layers: int
    """Transformer blocks."""
    d_vocab: int
    """Number of token ids."""
    n_ctx: int
    """Tokens that the model can read at once: the number of its position vectors."""
    layer_norm_eps: float
    """Added to the variance inside LayerNorm's root."""

    @classmethod
    def from_file(cls, path: Path) -> "ModelConfig":
        """Read the sizes from one of HF's `config.json` files.

        Raises:
            ReferenceDamaged: the file is not JSON, or not the config of a GPT-2.
        """
        try:
            hf = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                d_model=hf["n_embd"],
                n_heads=hf["n_head"],
                d_head=hf["n_embd"] // hf["n_head"],
                # HF writes null for 4 · n_embd; OpenAI's own files leave the key out.
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
    """Return the config of a GPT-2 of OpenAI's; the four sizes share all other numbers."""
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
"""The four published sizes, for tables that need no weights. From Radford et al., 2019, table 2, and each
model's `config.json` on the hub."""
