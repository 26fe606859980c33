"""A hub in this process with a model of some hundred bytes, and a client without proxies or pauses."""

from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants
from patience import PATIENCE_S

from tests.reference.hub_cache import write_small_model
from tests.reference.loopback_hub import LoopbackHub, serving
from utils.reference import blobs, hub, transfer

REPOSITORY = "openai-community/gpt2"
WEIGHTS = "model.safetensors"


@pytest.fixture
def small_model(tmp_path: Path) -> Path:
    """The five files of a model. Nothing but their bytes matters to a download."""
    return write_small_model(tmp_path / "served")


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch):
    """The hub's client as on a machine without proxies; it reads them when it is made."""
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


@pytest.fixture
def server(cache: Path, small_model: Path, tmp_path: Path, no_proxies: None, monkeypatch: pytest.MonkeyPatch):
    """The hub, as every client in this process finds it."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(blobs, "_checked", {})
    monkeypatch.setattr(transfer, "PAUSES_S", (0.0, 0.0, 0.0))
    # No test waits for either: they end what would otherwise hang.
    monkeypatch.setattr(hub, "ANSWER_LIMIT_S", PATIENCE_S)
    monkeypatch.setattr(hub, "PATIENCE_S", PATIENCE_S)
    with serving(LoopbackHub(REPOSITORY, small_model)) as running:
        template = f"{running.endpoint}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "ENDPOINT", running.endpoint)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield running


def blob_of(cache: Path, etag: str) -> Path:
    """The path of a blob in the cache."""
    return cache / f"models--{REPOSITORY.replace('/', '--')}" / "blobs" / etag
