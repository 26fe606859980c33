"""Which reference one gets, what is printed, and what is said when it cannot be had."""

import pytest
import torch
from huggingface_hub import constants

from utils.reference import NAMES, ReferenceDamaged, ReferenceMissing, UnknownReference, hub, load

from .hub_cache import FILES, fresh_python, put_in_cache

REPOSITORY = "openai-community/gpt2"


def test_without_gpt2_it_is_the_storyteller_and_says_how_to_get_the_other(capsys):
    assert load().name == "storyteller"
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Reference: storyteller")
    assert 'load("gpt2", download=True)' in line


@pytest.mark.parametrize("repository", [REPOSITORY, "gpt2"])
def test_gpt2_in_the_cache_is_taken_and_named(cache, tiny_gpt2, capsys, repository):
    snapshot = put_in_cache(cache, repository, tiny_gpt2)
    reference = load()
    (line,) = capsys.readouterr().out.splitlines()
    assert (reference.name, reference.folder) == ("gpt2", snapshot)
    assert line.startswith("Reference: gpt2 (2 layers, d_model 12)")
    assert 'load("storyteller")' in line
    assert load("gpt2", quiet=True) is reference
    assert load("gpt2", download=True, quiet=True) is reference


def test_the_storyteller_by_name_knows_that_gpt2_is_there(cache, tiny_gpt2, capsys):
    put_in_cache(cache, REPOSITORY, tiny_gpt2)
    assert load("storyteller").name == "storyteller"
    assert 'load("gpt2").' in capsys.readouterr().out


def test_quiet_prints_nothing(capsys):
    load(quiet=True)
    assert capsys.readouterr().out == ""


def test_weights_in_openais_own_names_become_hfs_state_dict(cache, tiny_gpt2):
    put_in_cache(cache, REPOSITORY, tiny_gpt2)
    reference = load("gpt2", quiet=True)
    theirs = reference.model.state_dict()
    assert list(reference.state_dict) == list(theirs)
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in reference.state_dict.items())


@pytest.mark.parametrize("missing", ["model.safetensors", "config.json"])
def test_half_a_download_is_not_there(cache, tiny_gpt2, missing):
    put_in_cache(cache, REPOSITORY, tiny_gpt2, tuple(name for name in FILES if name != missing))
    assert load(quiet=True).name == "storyteller"
    with pytest.raises(ReferenceMissing):
        load("gpt2")


def break_off(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    "damage",
    [
        break_off,
        lambda content: content[:100],
        lambda content: content[:3],
        lambda content: b"",
        lambda content: content + b"more",
        lambda content: b"<!DOCTYPE html><html>Log in to this network first</html>",
        lambda content: b"\x02" + bytes(7) + b"[]",
        lambda content: b"\x04" + bytes(7) + b"{\xff}}",
    ],
)
def test_damaged_weights_in_the_cache_are_not_there(cache, tiny_gpt2, damage):
    weights = put_in_cache(cache, REPOSITORY, tiny_gpt2) / "model.safetensors"
    assert hub.is_whole(weights)
    weights.write_bytes(damage(weights.read_bytes()))
    assert not hub.is_whole(weights)
    assert load(quiet=True).name == "storyteller"


def test_a_cache_that_may_not_be_read_is_empty(monkeypatch):
    def refuse(*_):
        raise PermissionError("refs/main")

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", refuse)
    assert load(quiet=True).name == "storyteller"


def test_a_broken_config_in_the_cache_says_what_to_remove(cache, tiny_gpt2):
    snapshot = put_in_cache(cache, REPOSITORY, tiny_gpt2)
    (snapshot / "config.json").write_text("{}")
    with pytest.raises(ReferenceDamaged) as caught:
        load("gpt2")
    assert f'Remove {cache / "models--openai-community--gpt2"}, then run load("gpt2"' in str(caught.value)


@pytest.mark.parametrize("name", ["gpt3", "GPT2", "", 5, ["gpt2"]])
def test_an_unknown_name_gets_the_list(name):
    with pytest.raises(UnknownReference) as caught:
        load(name)
    assert all(known in str(caught.value) for known in NAMES)


@pytest.mark.parametrize("name", hub.REPOSITORIES)
def test_a_model_that_is_not_there_names_both_ways(name):
    with pytest.raises(ReferenceMissing) as caught:
        load(name)
    assert f'load("{name}", download=True)' in str(caught.value)
    assert 'load("storyteller")' in str(caught.value)


def test_nothing_is_downloaded_in_offline_mode(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ReferenceMissing, match="HF_HUB_OFFLINE is set"):
        load("gpt2", download=True)


def test_a_notebook_shows_a_problem_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    with capture_output() as shown:
        InteractiveShell().run_cell("from utils.reference import load; load('gpt3')")
    lines = [line for line in (shown.stdout + shown.stderr).splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("✗ There is no reference 'gpt3'")


def test_loading_is_silent_and_asks_no_network(cache, tiny_gpt2):
    """In a Python of its own: an audit hook sees every socket that is opened."""
    put_in_cache(cache, REPOSITORY, tiny_gpt2)
    code = """
import sys
sockets = []
sys.addaudithook(lambda event, args: sockets.append(event) if event.startswith("socket.") else None)
from utils.reference import load
assert "torch" not in sys.modules and "transformers" not in sys.modules, "importing is slow"
for name in ("gpt2", "storyteller"):
    reference = load(name, quiet=True)
    reference.state_dict
    assert name == "storyteller" or "transformers" not in sys.modules, "the state dict is slow"
    tokens = reference.tokenizer("The cat " * 2000, return_tensors="pt").input_ids[:, :8]
    reference.model(tokens, labels=tokens)
print([event for event in sockets if event in ("socket.connect", "socket.getaddrinfo")])
"""
    done = fresh_python(code, cache)
    assert (done.stdout, done.stderr) == ("[]\n", "")
