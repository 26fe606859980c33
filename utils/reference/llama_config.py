"""The sizes of a Llama, under the course's names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LlamaConfig:
    """The numbers that determine every shape of a Llama. No size limits the length of a prompt."""

    d_model: int
    """Length of a token's vector in the residual stream."""
    n_heads: int
    """Query heads in a layer."""
    n_kv_heads: int
    """Heads of keys and values in a layer; n_heads is a multiple of it."""
    d_head: int
    """Length of a head's query, key and value vectors; an even number."""
    d_mlp: int
    """Hidden neurons of a layer's SwiGLU."""
    n_layers: int
    """Transformer blocks."""
    d_vocab: int
    """Number of token ids."""
    norm_eps: float
    """Added to the mean square inside RMSNorm's root."""
    rotary_base: float
    """The base of the rotary positions: a larger one gives slower rotations."""
