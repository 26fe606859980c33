"""The hub's cache as huggingface_hub lays it out, filled by hand; and a fresh Python that looks into it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from patience import PATIENCE_S

from .loopback_hub import REVISION, git_name

FILES = ("config.json", "generation_config.json", "model.safetensors", "vocab.json", "merges.txt")


def put_in_cache(cache: Path, repository: str, model: Path, files: tuple[str, ...] = FILES) -> Path:
    """Lay the model's files into the cache (blobs, and a snapshot of links to them); return the snapshot."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / REVISION
    for new in (folder / "blobs", folder / "refs", snapshot):
        new.mkdir(parents=True)
    (folder / "refs" / "main").write_text(REVISION)
    for name in files:
        blob = folder / "blobs" / git_name(model / name)
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
