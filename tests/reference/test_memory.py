"""Only a large model changes how the process's memory is returned, and only where the C library can."""

from types import SimpleNamespace

import pytest

from utils.reference import _memory, _weights
from utils.reference._config import ModelConfig
from utils.reference._reference import STORYTELLER


@pytest.fixture
def called(monkeypatch):
    """The calls of mallopt, which does nothing here: it would change the process of all other tests."""
    calls = []
    library = SimpleNamespace(mallopt=lambda parameter, value: calls.append((parameter, value)) or 1)
    monkeypatch.setattr(_memory.ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(_memory.sys, "platform", "linux")
    return calls


@pytest.mark.parametrize(
    ("from_bytes", "calls"), [(10**6, [(-3, 2**20)]), (10**8, [])], ids=["large", "small"]
)
def test_the_size_of_the_file_decides(called, monkeypatch, from_bytes, calls):
    monkeypatch.setattr(_memory, "LARGE_MODEL", from_bytes)
    config = ModelConfig.from_file(STORYTELLER / "config.json")
    _weights.check(STORYTELLER / "model.safetensors", config)
    assert called == calls


def test_the_storyteller_is_not_large():
    assert (STORYTELLER / "model.safetensors").stat().st_size < _memory.LARGE_MODEL


def test_another_system_is_left_alone(called, monkeypatch):
    monkeypatch.setattr(_memory.sys, "platform", "darwin")
    assert not _memory.give_back_large_blocks()
    assert called == []


def test_another_c_library_is_left_alone(called, monkeypatch):
    monkeypatch.setattr(_memory.ctypes, "CDLL", lambda name: SimpleNamespace())
    assert not _memory.give_back_large_blocks()
