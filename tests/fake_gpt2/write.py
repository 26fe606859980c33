"""Writes the fake as files, in the layout of OpenAI's on the hub, and into a hub cache."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tests.fake_gpt2.magnitudes import fake_model
from tests.fake_gpt2.sizes import TRUE_SIZE
from tests.reference.loopback_hub import etag_of
from utils.reference import ModelConfig, hub
from utils.tokens import vocabulary_files

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel

GPT2_CONFIG = {
    "activation_function": "gelu_new",
    "architectures": ["GPT2LMHeadModel"],
    "attn_pdrop": 0.1,
    "bos_token_id": 50256,
    "embd_pdrop": 0.1,
    "eos_token_id": 50256,
    "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05,
    "model_type": "gpt2",
    "n_ctx": 1024,
    "n_embd": 768,
    "n_head": 12,
    "n_layer": 12,
    "n_positions": 1024,
    "resid_pdrop": 0.1,
    "summary_activation": None,
    "summary_first_dropout": 0.1,
    "summary_proj_to_labels": True,
    "summary_type": "cls_index",
    "summary_use_proj": True,
    "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
    "vocab_size": 50257,
}
"""OpenAI's own `config.json`."""

REVISION = "607a30d783dfa663caf39e06633721c8d4cfcd7e"
"""A commit's name, which the cache has for a folder; the course does not look at it."""


def put_fake_in_cache(cache: Path, config: ModelConfig = TRUE_SIZE, seed: int = 0) -> Path:
    """Lays the fake into a hub cache as gpt2, as the hub's client does, and returns the snapshot's folder.

    The cache is what HF_HUB_CACHE names. A fake that it has already is replaced, another gpt2 is not.

    Raises:
        FileExistsError: the cache has a gpt2 that is no fake.
    """
    folder = cache / f"models--{hub.REPOSITORIES['gpt2'][0].replace('/', '--')}"
    mark = folder / "this-is-a-fake"
    if folder.exists() and not mark.exists():
        raise FileExistsError(f"{folder} exists and is no fake: name another folder for the cache.")
    shutil.rmtree(folder, ignore_errors=True)
    snapshot = folder / "snapshots" / REVISION
    for new in (folder / "blobs", folder / "refs", snapshot):
        new.mkdir(parents=True)
    mark.touch()
    with tempfile.TemporaryDirectory(dir=folder) as written:
        write_fake(Path(written), config, seed)
        for file in sorted(Path(written).iterdir()):
            blob = file.rename(folder / "blobs" / etag_of(file))
            (snapshot / file.name).symlink_to(Path("../../blobs") / blob.name)
    (folder / "refs" / "main").write_text(REVISION)
    return snapshot


def write_fake(folder: Path, config: ModelConfig = TRUE_SIZE, seed: int = 0) -> None:
    """Writes the fake's files into a folder, with the names and the layout of OpenAI's on the hub."""
    from safetensors.torch import save_file

    tensors = openai_layout(fake_model(config, seed), config)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(GPT2_CONFIG | _sizes(config), indent=2))
    (folder / "generation_config.json").write_text(
        json.dumps({"_from_model_config": True, "bos_token_id": 50256, "eos_token_id": 50256})
    )
    for source, name in zip(vocabulary_files(), ("vocab.json", "merges.txt"), strict=True):
        shutil.copyfile(source, folder / name)


def openai_layout(model: "GPT2LMHeadModel", config: ModelConfig) -> dict[str, Tensor]:
    """Returns the tensors under OpenAI's names: no `transformer.`, no `lm_head.weight`, but masks."""
    mask = torch.ones(1, 1, config.n_ctx, config.n_ctx).tril()
    masks = {f"h.{layer}.attn.bias": mask.clone() for layer in range(config.n_layers)}
    return model.transformer.state_dict() | masks


def _sizes(config: ModelConfig) -> dict[str, int]:
    return {
        "n_embd": config.d_model,
        "n_head": config.n_heads,
        "n_layer": config.n_layers,
        "n_positions": config.n_ctx,
        "n_ctx": config.n_ctx,
        "vocab_size": config.d_vocab,
    }
