"""An empty hub cache for every test, and a tiny GPT-2 with the files and habits of the real one."""

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.fake_gpt2.write import GPT2_CONFIG


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache for this test: empty, whatever the machine's own one holds."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return folder


@pytest.fixture(scope="session")
def tiny_gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like gpt2's on the hub: names without `transformer.`, causal masks among the weights."""
    import torch
    from safetensors.torch import save_file
    from transformers import GPT2Config, GPT2LMHeadModel

    from utils.tokens import vocabulary_files

    folder = tmp_path_factory.mktemp("tiny_gpt2")
    sizes = {"n_embd": 12, "n_head": 3, "n_layer": 2, "n_positions": 16, "n_ctx": 16}
    (folder / "config.json").write_text(json.dumps(GPT2_CONFIG | sizes))
    (folder / "generation_config.json").write_text(
        '{"_from_model_config": true, "bos_token_id": 50256, "eos_token_id": 50256}'
    )
    for source, name in zip(vocabulary_files(), ("vocab.json", "merges.txt"), strict=True):
        shutil.copy(source, folder / name)
    torch.manual_seed(1)
    weights = GPT2LMHeadModel(GPT2Config(**GPT2_CONFIG | sizes)).transformer.state_dict()
    masks = {f"h.{layer}.attn.bias": torch.tril(torch.ones(1, 1, 16, 16)) for layer in range(2)}
    save_file(weights | masks, folder / "model.safetensors", metadata={"format": "pt"})
    # What the hub has besides, and nobody wants twice.
    (folder / "pytorch_model.bin").write_bytes(b"the same weights for another framework")
    return folder
