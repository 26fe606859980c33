"""The finished parts together are a model: tokenizer, machine, weights, sampler, optimiser and trainer."""

import ast
import copy
import importlib.util
import json
import sys

import pytest
import torch
from nearness import NEAR, assert_near

from tests.repository.checkout import CHECKOUT
from utils.reference import load
from utils.tokens import END_OF_TEXT, vocabulary_files
from utils.weeks import WEEKS

PARTS = CHECKOUT / "course" / WEEKS[-1].folder / "parts.py"
"""What week 12 builds on, as students have it: the parts of all the weeks before it."""
GIVEN = {"utils.reference", "utils.story_world.vocabulary", "utils.training"}
"""What of the course's own tools the parts use: configurations, settings and the stories' vocabulary."""


@pytest.fixture(scope="module")
def parts():
    spec = importlib.util.spec_from_file_location("parts_of_the_last_week", PARTS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference():
    return load("storyteller", quiet=True)


@pytest.fixture(scope="module")
def model(parts, reference):
    return parts.load_gpt2(reference.state_dict, reference.config)


@pytest.fixture(scope="module")
def tokens(parts, reference):
    """Two prompts, cut into tokens by the course's own tokenizer."""
    vocabulary, merges = (path.read_text(encoding="utf-8") for path in vocabulary_files())
    pairs = [tuple(line.split()) for line in merges.splitlines()[1:]]
    ranks = {pair: rank for rank, pair in enumerate(pairs)}
    assert parts.build_vocab(pairs, [END_OF_TEXT]) == json.loads(vocabulary)
    texts = ("<|endoftext|>One morning, a king called", "<|endoftext|>The cat sat on the mat because")
    own = [
        parts.encode_special(text, ranks, parts.build_vocab(pairs, [END_OF_TEXT]), [END_OF_TEXT])
        for text in texts
    ]
    assert own == [reference.tokenizer.encode(text) for text in texts]
    shortest = min(map(len, own))
    return torch.tensor([ids[:shortest] for ids in own])


def test_every_week_before_the_last_has_a_part(parts):
    source = PARTS.read_text(encoding="utf-8")
    assert all(f"# Week {week.number}: {week.title}" in source for week in WEEKS[:-1])


def test_no_ready_made_model_is_in_it():
    tree = ast.parse(PARTS.read_text(encoding="utf-8"))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    others = {name.partition(".")[0] for name in imported} - set(sys.stdlib_module_names)
    assert others == {"einops", "jaxtyping", "regex", "torch", "utils"}
    assert {name for name in imported if name.startswith("utils")} <= GIVEN


@torch.no_grad()
def test_its_logits_are_hfs(model, reference, tokens):
    theirs = reference.model(tokens).logits
    assert_near(model(tokens), theirs)


def test_it_writes_what_hf_writes(parts, model, reference, tokens):
    end = reference.tokenizer.eos_token_id
    own = parts.generate(model, tokens[:1], 40, reference.config.n_ctx, temperature=0, stop_token=end)
    theirs = reference.model.generate(
        tokens[:1],
        attention_mask=torch.ones_like(tokens[:1]),
        max_new_tokens=40,
        do_sample=False,
        pad_token_id=end,
    )
    assert torch.equal(own, theirs)


def test_one_step_of_its_trainer_is_one_step_of_torchs(parts, reference, tokens):
    own = parts.load_gpt2(reference.state_dict, reference.config)
    theirs = copy.deepcopy(reference.model)
    how = {"lr": 1e-3, "betas": (0.9, 0.99), "eps": 1e-8}
    loss = parts.train_step(own, parts.AdamW(parts.decay_groups(own, 0.0), **how), [tokens], max_norm=1.0)
    expected = theirs(tokens, labels=tokens).loss
    expected.backward()
    torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
    torch.optim.AdamW(theirs.parameters(), weight_decay=0.0, **how).step()
    assert loss == pytest.approx(expected.item(), rel=NEAR)
    with torch.no_grad():
        after = parts.next_token_loss(own(tokens), tokens).item()
        assert after == pytest.approx(theirs(tokens, labels=tokens).loss.item(), abs=1e-3)
    assert after < loss
