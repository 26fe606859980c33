"""Read weights from a safetensors file, under the names that HF's GPT2LMHeadModel uses."""

from pathlib import Path
from typing import TYPE_CHECKING

from utils.reference import _memory
from utils.reference._config import ModelConfig
from utils.reference.problems import ReferenceDamaged

if TYPE_CHECKING:
    from torch import Tensor

EMBEDDING = "transformer.wte.weight"
UNEMBEDDING = "lm_head.weight"


def shapes(*, config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every tensor of `GPT2LMHeadModel.state_dict()`, in its order.

    The matrices inside the blocks are (inputs, outputs), as in HF's Conv1D.
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
        EMBEDDING: (config.d_vocab, wide),
        "transformer.wpe.weight": (config.n_ctx, wide),
        **blocks,
        "transformer.ln_f.weight": (wide,),
        "transformer.ln_f.bias": (wide,),
        UNEMBEDDING: (config.d_vocab, wide),
    }


def check(path: Path, config: ModelConfig) -> None:
    """Check, without reading a weight, that the file holds the tensors that the config calls for.

    Where they are large, the process's memory is prepared for them: see `_memory`.

    Raises:
        ReferenceDamaged: the file cannot be read, or a tensor is missing or has another shape.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            found: dict[str, tuple[int, ...] | None] = {
                _full_name(name): tuple(file.get_slice(name).get_shape()) for name in names
            }
    except (OSError, SafetensorError) as error:
        raise ReferenceDamaged(f"{path} cannot be read ({type(error).__name__}: {error}).") from error
    # The unembedding is the embedding itself, so files leave it out.
    found.setdefault(UNEMBEDDING, found.get(EMBEDDING))
    for name, shape in shapes(config=config).items():
        if found.get(name) is None:
            raise ReferenceDamaged(f"{path} has no {name}.")
        if found[name] != shape:
            raise ReferenceDamaged(f"{path} has {name} in the shape {found[name]}; its config says {shape}.")
    if path.stat().st_size >= _memory.LARGE_MODEL:
        _memory.give_back_large_blocks()


def read(path: Path, config: ModelConfig) -> "dict[str, Tensor]":
    """Return the file's tensors in float32, named and ordered as in HF's `state_dict()`.

    Raises:
        ReferenceDamaged: the file cannot be read, or a tensor is missing or has another shape.
    """
    from safetensors.torch import load_file

    check(path, config)
    tensors = {_full_name(name): tensor.float() for name, tensor in load_file(path).items()}
    tensors.setdefault(UNEMBEDDING, tensors[EMBEDDING])
    # Drops the causal masks, which OpenAI's files hold as `h.0.attn.bias` and which are not weights.
    return {name: tensors[name] for name in shapes(config=config)}


def _full_name(name: str) -> str:
    """Return the name in HF's state dict: OpenAI's files have `wte.weight` for `transformer.wte.weight`."""
    return name if name.startswith(("transformer.", "lm_head.")) else f"transformer.{name}"
