"""The model that comes with the course: HF's format, complete, small, and checked before use."""

import copy
import json
import shutil

import pytest
import torch
from nearness import assert_near

from utils.reference import ReferenceDamaged, _reference, checksums, load

from .hub_cache import fresh_python

FOLDER = _reference.STORYTELLER


@pytest.fixture
def storyteller():
    return load("storyteller", quiet=True)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The storyteller's folder at another place, where a test may damage it."""
    folder = shutil.copytree(FOLDER, tmp_path / "storyteller")
    monkeypatch.setattr(_reference, "STORYTELLER", folder)
    return folder


def test_it_fits_the_repository():
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sizes["model.safetensors"] < 11_000_000
    assert sum(sizes.values()) < 12_000_000


def test_its_checksums_are_those_of_its_files():
    listed = {line.split()[1] for line in (FOLDER / checksums.LIST).read_text().splitlines()}
    assert listed == {path.name for path in FOLDER.iterdir()} - {checksums.LIST}
    assert checksums.problems(FOLDER) == []


def test_names_order_and_values_are_those_of_hfs_state_dict(storyteller):
    theirs = storyteller.model.state_dict()
    assert list(storyteller.state_dict) == list(theirs)
    for name, tensor in storyteller.state_dict.items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, theirs[name]), name


def test_the_unembedding_is_the_embedding(storyteller):
    assert storyteller.state_dict["lm_head.weight"] is storyteller.state_dict["transformer.wte.weight"]


def test_the_model_is_ready_to_compare_with(storyteller):
    model = storyteller.model
    assert (model.dtype, model.training) == (torch.float32, False)
    assert model.config._attn_implementation == "eager"
    tokens = torch.tensor([storyteller.tokenizer.encode("The queen was tired because")])
    with torch.no_grad():
        out = model(tokens, output_attentions=True)
    assert out.logits.shape == (1, 5, storyteller.config.d_vocab)
    assert out.attentions[0].shape == (1, storyteller.config.n_heads, 5, 5)


def test_the_same_object_comes_again(storyteller):
    again = load("storyteller", quiet=True)
    assert again is storyteller
    assert again.model is storyteller.model


def test_a_changed_tensor_changes_neither_the_model_nor_the_file(copied):
    reference = load("storyteller", quiet=True)
    name = "transformer.h.0.attn.c_attn.weight"
    before = reference.model.state_dict()[name].clone()
    reference.state_dict[name].add_(1.0)
    assert torch.equal(reference.model.state_dict()[name], before)
    assert checksums.problems(copied) == []


def test_hfs_auto_classes_load_the_folder_without_a_network(cache, tmp_path):
    """Their attention is sdpa's, ours eager."""
    logits = tmp_path / "logits.pt"
    code = f"""
from transformers import AutoModelForCausalLM, AutoTokenizer
import torch
folder = {str(FOLDER)!r}
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder)
from utils.reference import load
ours = load("storyteller", quiet=True)
text = "Once upon a time, a naïve 🙂 said:\\n\\n  “No!”<|endoftext|>"
assert tokenizer.encode(text) == ours.tokenizer.encode(text), "other tokens"
assert len(tokenizer) == 50257 and tokenizer.model_max_length == ours.config.n_ctx
assert model.dtype == torch.float32
assert model.lm_head.weight is model.transformer.wte.weight
tokens = torch.tensor([tokenizer.encode(text)])
torch.save([model(tokens).logits, ours.model(tokens).logits], {str(logits)!r})
print("the same")
"""
    done = fresh_python(code, cache, HF_HUB_OFFLINE="1")
    assert done.stdout == "the same\n", done.stderr
    assert_near(*torch.load(logits))


def damage_weights(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def point_to_git_lfs(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_weights, "model.safetensors is damaged"),
        (point_to_git_lfs, "model.safetensors is damaged"),
        (lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda folder: (folder / "config.json").write_text("{}"), "config.json is damaged"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS is missing"),
        (lambda folder: (folder / "SHA256SUMS").write_bytes(b"\xff\n"), "SHA256SUMS has a line"),
        (shutil.rmtree, "SHA256SUMS is missing"),
    ],
)
def test_damage_is_named_with_the_way_out(copied, damage, said):
    damage(copied)
    with pytest.raises(ReferenceDamaged) as caught:
        load("storyteller", quiet=True)
    assert said in str(caught.value)
    assert "git checkout -- utils/reference/storyteller" in str(caught.value)


def test_a_checkpoint_that_does_not_fit_its_config_is_named(copied):
    """As it comes about when a new model is exported next to an old config, checksums and all."""
    config = copied / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"n_positions": 7}))
    checksums.write(copied)
    reference = load("storyteller", quiet=True)
    for part in ("state_dict", "model"):
        with pytest.raises(ReferenceDamaged, match=r"transformer\.wpe\.weight in the shape"):
            getattr(reference, part)


def test_a_deep_copy_can_be_trained_apart(storyteller):
    student = copy.deepcopy(storyteller.model).train()
    tokens = torch.tensor([[1, 2, 3, 4]])
    student(tokens, labels=tokens).loss.backward()
    assert student.transformer.wte.weight.grad is not None
    assert storyteller.model.transformer.wte.weight.grad is None
