"""Exports a trained model as a GPT-2 in HF's format, for `from_pretrained`."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from utils.reference import ModelConfig, checksums
from utils.reference.tokenizer_files import END_OF_TEXT, vocabulary_files
from utils.story_world.vocabulary import SharedRowVocabulary

WEIGHTS = "model.safetensors"
Weights = dict[str, Float[Tensor, "..."]]


def export(folder: Path, weights: Weights, config: ModelConfig, vocabulary: SharedRowVocabulary) -> None:
    """Writes the model's files into `folder`, which must not exist, except the card and checksums (`seal`).

    Args:
        folder: the folder to create.
        weights: the state dict of the course's GPT2, with the course's names.
        config: its sizes; `d_vocab` is that of the small vocabulary.
        vocabulary: maps the small vocabulary to GPT-2's.

    Raises:
        OSError: the folder exists, or cannot be written to.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    tensors = {
        name: value.half().contiguous() for name, value in hf_weights(weights, config, vocabulary).items()
    }
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # safetensors makes it readable by its owner only
    _write_config(folder, config, vocabulary.d_full)
    _write_tokenizer(folder, config.n_ctx)


def seal(folder: Path, card: str) -> None:
    """Adds the card, README.md, and the checksums of all files to an exported model."""
    (folder / "README.md").write_text(card, encoding="utf-8")
    checksums.write(folder)


def hf_weights(weights: Weights, config: ModelConfig, vocabulary: SharedRowVocabulary) -> Weights:
    """Returns the weights with HF's names and shapes; every unused id gets a copy of the shared row.

    HF's Conv1D stores matrices as (inputs, outputs), as the course does. It concatenates W_Q, W_K and W_V
    along the outputs, and the heads within each. The unembedding is tied to the embedding and left out.
    """
    named = {
        "transformer.wte.weight": vocabulary.full_table(weights["embed.W_E"]),
        "transformer.wpe.weight": weights["pos_embed.W_pos"],
    }
    for layer in range(config.n_layers):
        own = {
            name.removeprefix(f"blocks.{layer}."): value
            for name, value in weights.items()
            if name.startswith(f"blocks.{layer}.")
        }
        named |= {f"transformer.h.{layer}.{name}": value for name, value in _hf_block(own).items()}
    ln_f = {"weight": weights["ln_f.gain"], "bias": weights["ln_f.bias"]}
    return named | {f"transformer.ln_f.{name}": value for name, value in ln_f.items()}


def _hf_block(own: Weights) -> Weights:
    matrices = [
        rearrange(own[f"attn.W_{letter}"], "heads d_model d_head -> d_model (heads d_head)")
        for letter in "QKV"
    ]
    biases = [rearrange(own[f"attn.b_{letter}"], "heads d_head -> (heads d_head)") for letter in "QKV"]
    return {
        "ln_1.weight": own["ln_1.gain"],
        "ln_1.bias": own["ln_1.bias"],
        "attn.c_attn.weight": torch.cat(matrices, dim=1),
        "attn.c_attn.bias": torch.cat(biases),
        "attn.c_proj.weight": rearrange(own["attn.W_O"], "heads d_head d_model -> (heads d_head) d_model"),
        "attn.c_proj.bias": own["attn.b_O"],
        "ln_2.weight": own["ln_2.gain"],
        "ln_2.bias": own["ln_2.bias"],
        "mlp.c_fc.weight": own["mlp.W_in"],
        "mlp.c_fc.bias": own["mlp.b_in"],
        "mlp.c_proj.weight": own["mlp.W_out"],
        "mlp.c_proj.bias": own["mlp.b_out"],
    }


def _write_config(folder: Path, config: ModelConfig, d_vocab: int) -> None:
    from transformers import GenerationConfig, GPT2Config

    end = d_vocab - 1
    hf = GPT2Config(
        vocab_size=d_vocab,
        n_positions=config.n_ctx,
        n_embd=config.d_model,
        n_layer=config.n_layers,
        n_head=config.n_heads,
        layer_norm_epsilon=config.layer_norm_eps,
        bos_token_id=end,
        eos_token_id=end,
        architectures=["GPT2LMHeadModel"],
        # The dtype for computing: from_pretrained converts the float16 of the file.
        dtype="float32",
    )
    hf.save_pretrained(folder)
    GenerationConfig.from_model_config(hf).save_pretrained(folder)


def _write_tokenizer(folder: Path, n_ctx: int) -> None:
    vocabulary, merges = vocabulary_files()
    shutil.copyfile(merges, folder / "merges.txt")
    ids = json.loads(vocabulary.read_text(encoding="utf-8"))
    # Without spaces and escapes, the file is a quarter smaller.
    _write_json(folder / "vocab.json", ids, ensure_ascii=False, separators=(",", ":"))
    settings = {
        "add_prefix_space": False,
        "bos_token": END_OF_TEXT,
        "eos_token": END_OF_TEXT,
        "model_max_length": n_ctx,
        "tokenizer_class": "GPT2Tokenizer",
        "unk_token": END_OF_TEXT,
    }
    _write_json(folder / "tokenizer_config.json", settings, indent=2)


def _write_json(path: Path, content: Any, **options: Any) -> None:
    path.write_text(json.dumps(content, **options), encoding="utf-8")


def put_in_place(draft: Path, folder: Path) -> None:
    """Moves `draft` to `folder`, and deletes the earlier `folder` only afterwards.

    Raises:
        OSError: the move failed; `folder` is unchanged.
    """
    earlier = folder.with_name(folder.name + ".earlier")
    if not folder.exists():
        draft.rename(folder)
        return
    folder.rename(earlier)
    try:
        draft.rename(folder)
    except OSError:
        earlier.rename(folder)
        raise
    shutil.rmtree(earlier)
