"""The parts of a model by the names that the course gives them, in HF's GPT-2 and in a student's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utils.pictures.explorer.problem import ExplorerProblem

if TYPE_CHECKING:
    from torch.nn import Module

    from utils.reference import ModelConfig

_OF_BLOCK = ("ln_1", "attn", "ln_2", "mlp")


@dataclass(frozen=True)
class Block:
    """One transformer block."""

    whole: Module
    ln_1: Module
    attn: Module
    ln_2: Module
    mlp: Module


@dataclass(frozen=True)
class Parts:
    """A whole model's modules."""

    model: Module
    config: ModelConfig
    embed: Module
    pos_embed: Module
    blocks: Sequence[Block]
    ln_f: Module


def find_parts(model: Module) -> Parts:
    """Return the parts of HF's GPT2LMHeadModel, or of a GPT2 as week 7 asks for it.

    Raises:
        ExplorerProblem: a part is missing.
    """
    body: Any = getattr(model, "transformer", None)
    if body is not None and hasattr(body, "wte"):
        config = _sizes(model.config)
        blocks = [_block(each, n) for n, each in enumerate(body.h)]
        return Parts(model, config, body.wte, body.wpe, blocks, body.ln_f)
    embed, pos_embed, own, ln_f, config = (
        _part(model, name) for name in ("embed", "pos_embed", "blocks", "ln_f", "config")
    )
    blocks = [_block(each, n) for n, each in enumerate(own)]
    return Parts(model, config, embed, pos_embed, blocks, ln_f)


def _sizes(hf: Any) -> ModelConfig:
    """Return the course's names for the sizes in one of HF's configs."""
    from utils.reference import ModelConfig

    return ModelConfig(
        d_model=hf.n_embd,
        n_heads=hf.n_head,
        d_head=hf.n_embd // hf.n_head,
        d_mlp=hf.n_inner or 4 * hf.n_embd,
        n_layers=hf.n_layer,
        d_vocab=hf.vocab_size,
        n_ctx=hf.n_positions,
        layer_norm_eps=hf.layer_norm_epsilon,
    )


def _block(block: Module, number: int) -> Block:
    return Block(block, *(_part(block, name, f"block {number} of the model") for name in _OF_BLOCK))


def _part(module: Module, name: str, whose: str = "the model") -> Any:
    part = getattr(module, name, None)
    if part is None:
        has = ", ".join(name for name, _ in module.named_children()) or "none"
        raise ExplorerProblem(
            f"The explorer opens GPT-2 as week 7 builds it, and {whose} has no {name}. Its parts: {has}."
        )
    return part


def author(module: Module) -> str:
    """Return who wrote a module's class: `LayerNorm, the course's part (parts.py)`."""
    kind = type(module)
    file = Path(kind.forward.__code__.co_filename)
    if "transformers" in file.parts:
        return f"{kind.__name__}, Hugging Face's code"
    if "torch" in file.parts:
        return f"{kind.__name__}, PyTorch's code"
    if file.name == "parts.py":
        return f"{kind.__name__}, the course's part (parts.py)"
    return f"{kind.__name__}, your code"
