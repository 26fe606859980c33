"""The hub's cache as huggingface_hub lays it out, filled by hand; and a fresh Python that looks into it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from patience import PATIENCE_S

from tests.fake_gpt2.write import GPT2_CONFIG

from .loopback_hub import REVISION, etag_of

FILES = ("config.json", "generation_config.json", "model.safetensors", "vocab.json", "merges.txt")


def write_small_model(folder: Path) -> Path:
    """Write the five files of a model of some hundred bytes, which a look-up takes for GPT-2.

    Its config has GPT-2's sizes; its weights cannot be loaded. Return the folder.
    """
    import numpy
    from safetensors.numpy import save

    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(GPT2_CONFIG))
    (folder / "generation_config.json").write_text("{}")
    (folder / "vocab.json").write_text('{"a": 0, "b": 1}')
    (folder / "merges.txt").write_text("#version: 0.2\na b\n")
    (folder / "model.safetensors").write_bytes(save({"wte.weight": numpy.arange(20, dtype=numpy.float32)}))
    return folder


def put_in_cache(cache: Path, repository: str, model: Path, files: tuple[str, ...] = FILES) -> Path:
    """Lay the model's files into the cache (blobs, and a snapshot of links to them); return the snapshot."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / REVISION
    for new in (folder / "blobs", folder / "refs", snapshot):
        new.mkdir(parents=True)
    (folder / "refs" / "main").write_text(REVISION)
    for name in files:
        blob = folder / "blobs" / etag_of(model / name)
        shutil.copy(model / name, blob)
        (snapshot / name).symlink_to(blob)
    return snapshot


def fresh_python(code: str, cache: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new Python that sees that cache only."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    settings = {"HF_HOME": str(cache.parent), "HF_HUB_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=kept | settings | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
