"""The fake's files have the layout of OpenAI's on the hub, and the course and HF find it in a hub cache."""

import hashlib
import json
import subprocess
import sys
from collections import Counter

import pytest
import torch
from huggingface_hub import constants
from safetensors import safe_open

from tests.fake_gpt2 import NARROW, TRUE_SIZE, fake_model, put_fake_in_cache
from tests.repository.checkout import CHECKOUT
from utils.reference import hub, load

PUBLISHED_BLOBS = {
    "config.json": "10c66461e4c109db5a2196bff4bb59be30396ed8",
    "vocab.json": "1f1d9aaca301414e7f6c9396df506798ff4eb9a6",
    "merges.txt": "226b0752cac7789c48f0cb3ec53eda48b7be36cc",
}
"""The names that git gives OpenAI's own files, so the names of their blobs in the cache."""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty hub cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def described(file):
    """How often each shape and type occurs in a safetensors file, by the name without the layer's number."""
    with safe_open(file, framework="pt") as opened:
        names = opened.keys()
        parts = {name: opened.get_slice(name) for name in names}
    kinds = Counter()
    for name, part in parts.items():
        assert part.get_dtype() == "F32"
        without_number = ".".join(piece for piece in name.split(".") if not piece.isdecimal())
        kinds[without_number, tuple(part.get_shape())] += 1
    return kinds


def published_layout(config):
    """What the file of openai-community/gpt2 on the hub holds, with this config's sizes."""
    wide, hidden, layers = config.d_model, config.d_mlp, config.n_layers
    block = {
        "ln_1.weight": (wide,),
        "ln_1.bias": (wide,),
        "attn.bias": (1, 1, config.n_ctx, config.n_ctx),
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
    ends = {
        "wte.weight": (config.d_vocab, wide),
        "wpe.weight": (config.n_ctx, wide),
        "ln_f.weight": (wide,),
        "ln_f.bias": (wide,),
    }
    in_blocks = {(f"h.{name}", shape): layers for name, shape in block.items()}
    return Counter(in_blocks | {(name, shape): 1 for name, shape in ends.items()})


def assert_laid_out_as_by_the_hub(snapshot):
    blobs = snapshot.parents[1] / "blobs"
    assert (snapshot.parents[1] / "refs" / "main").read_text() == snapshot.name
    files = {file.name: file for file in snapshot.iterdir()}
    assert set(files) == set(hub.WANTED)
    assert all(file.is_symlink() and file.resolve().parent == blobs.resolve() for file in files.values())
    weights = files["model.safetensors"].resolve()
    with weights.open("rb") as opened:
        assert weights.name == hashlib.file_digest(opened, "sha256").hexdigest()
    return files


def test_a_small_fake_in_a_cache_is_the_courses_gpt2(cache):
    snapshot = put_fake_in_cache(cache, NARROW, seed=3)
    files = assert_laid_out_as_by_the_hub(snapshot)
    assert described(files["model.safetensors"]) == published_layout(NARROW)
    assert {name: files[name].resolve().name for name in ("vocab.json", "merges.txt")} == {
        name: PUBLISHED_BLOBS[name] for name in ("vocab.json", "merges.txt")
    }
    reference = load("gpt2", quiet=True)
    assert (reference.folder, reference.config) == (snapshot, NARROW)
    tokens = torch.tensor([[464, 3290, 373]])
    with torch.no_grad():
        expected = fake_model(NARROW, seed=3)(tokens).logits
        assert torch.allclose(reference.model(tokens).logits, expected, rtol=1e-5, atol=0)


@pytest.mark.slow
def test_at_true_size_the_file_is_openais_to_the_byte_in_length(cache):
    files = assert_laid_out_as_by_the_hub(put_fake_in_cache(cache))
    weights = files["model.safetensors"]
    kinds = described(weights)
    assert kinds == published_layout(TRUE_SIZE)
    assert kinds.total() == 160
    # 124,439,808 weights and 12 masks of 1024 x 1024, 4 bytes each. OpenAI's file has 61 bytes less, all of
    # them in the header, which this version of safetensors writes otherwise.
    assert weights.stat().st_size == 548_105_232
    with weights.open("rb") as opened:
        header = int.from_bytes(opened.read(8), "little")
    assert weights.stat().st_size - 8 - header == 4 * (124_439_808 + 12 * 1024**2)
    for name, blob in PUBLISHED_BLOBS.items():
        assert files[name].resolve().name == blob
    assert hub.cached_model("gpt2") == weights.parent


def test_a_fake_is_replaced_and_a_downloaded_gpt2_is_not(cache):
    put_fake_in_cache(cache, NARROW)
    again = put_fake_in_cache(cache, NARROW, seed=1)
    assert [folder.name for folder in again.parent.iterdir()] == [again.name]
    assert len(list((again.parents[1] / "blobs").iterdir())) == len(hub.WANTED)
    (again.parents[1] / "this-is-a-fake").unlink()
    with pytest.raises(FileExistsError, match="is no fake"):
        put_fake_in_cache(cache, NARROW)
    assert hub.cached_model("gpt2") == again


def test_the_command_says_how_to_use_it(tmp_path):
    command = [sys.executable, "-m", "tests.fake_gpt2", str(tmp_path / "hub"), "--size", "narrow"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert f"export HF_HUB_CACHE={tmp_path / 'hub'}" in done.stdout
    config = next((tmp_path / "hub").rglob("config.json"))
    assert json.loads(config.read_text())["n_embd"] == NARROW.d_model
