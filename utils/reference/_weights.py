"""Weights from a safetensors file, under the names that HF's GPT2LMHeadModel uses."""

from pathlib import Path
from typing import TYPE_CHECKING

from utils.reference._config import ModelConfig
from utils.reference.problems import ReferenceDamaged

if TYPE_CHECKING:
    from torch import Tensor


def shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every tensor of `GPT2LMHeadModel.state_dict()`, in its order, with its shape.

    The matrices inside the blocks stand as HF's Conv1D keeps them: (inputs, outputs).
    """
    wide, hidden = config.d_model, config.d_mlp
    block = {
        "ln_1.weight": (wide,),
        "ln_1.bias": (wide,),
        "attn.c_attn.weight": (wide, 3 * wide),
        "attn.c_attn.bias": (3 * wide,),
        "attn.c_proj.weight": (wide, wide),
        "attn.c_proj.bias": (wide,),
        "ln_2.weight": (wide,),
        "ln_2.bias": (wide,),
        "mlp.c_fc.weight": (wide, hidden),
        "mlp.c_fc.bias": (hidden,),
        "mlp.c_proj.weight": (hidden, wide),
        "mlp.c_proj.bias": (wide,),
    }
    blocks = {
        f"transformer.h.{layer}.{name}": shape
        for layer in range(config.n_layers)
        for name, shape in block.items()
    }
    return {
        "transformer.wte.weight": (config.d_vocab, wide),
        "transformer.wpe.weight": (config.n_ctx, wide),
        **blocks,
        "transformer.ln_f.weight": (wide,),
        "transformer.ln_f.bias": (wide,),
        "lm_head.weight": (config.d_vocab, wide),
    }


def read(path: Path, config: ModelConfig) -> "dict[str, Tensor]":
    """The file's tensors in float32, named and ordered as HF's `state_dict()`.

    Raises:
        ReferenceDamaged: the file cannot be read, or holds other tensors than the config asks for.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found = {_full_name(name): tensor.float() for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    # The unembedding is the embedding itself, so files leave it out; in HF's state dict both names stand.
    found.setdefault("lm_head.weight", found.get("transformer.wte.weight"))
    wanted = shapes(config)
    for name, shape in wanted.items():
        if found.get(name) is None:
            raise _damaged(path, f"it has no {name}")
        if tuple(found[name].shape) != shape:
            raise _damaged(path, f"{name} has the shape {tuple(found[name].shape)} instead of {shape}")
    # What else is there are the causal masks, which OpenAI's files keep as `h.0.attn.bias`: no weights.
    return {name: found[name] for name in wanted}


def _full_name(name: str) -> str:
    """OpenAI's files begin at `wte.weight` where HF's state dict says `transformer.wte.weight`."""
    return name if name.startswith(("transformer.", "lm_head.")) else f"transformer.{name}"


def _damaged(path: Path, reason: str) -> ReferenceDamaged:
    return ReferenceDamaged(f"{path} is damaged: {reason}. Remove its folder and get the model again.")
