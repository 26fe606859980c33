"""The numbers inside the fake are as large as those of OpenAI's GPT-2."""

import pytest
import torch

from tests.fake_gpt2 import NARROW, SCORES, SHALLOW, TRUE_SIZE, fake_model
from tests.fake_gpt2.magnitudes import FIRST_POSITION, HIGHEST_LOGIT, LOWEST_LOGIT
from utils.reference.tokenizer_files import load_tokenizer

TEXTS = ("Data visualization empowers users to", "As the spaceship was approaching the", "The dog")
"""Prompts on which the fake was not scaled; the first two are of the published examples."""

sizes = pytest.mark.parametrize(
    "config",
    [NARROW, SHALLOW, pytest.param(TRUE_SIZE, marks=pytest.mark.slow)],
    ids=["narrow", "shallow", "true size"],
)


@torch.no_grad()
def inside(model, config, text):
    """The streams after each layer [layers, seq, d_model], the mean |q·k| of each layer, and the logits."""
    found = []
    hooks = [
        block.attn.c_attn.register_forward_hook(lambda module, inputs, output: found.append(output))
        for block in model.transformer.h
    ]
    tokens = torch.tensor([load_tokenizer().encode(text)])
    out = model(tokens, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    heads = [
        [x.unflatten(-1, (config.n_heads, -1)).transpose(1, 2) for x in qkv.split(config.d_model, dim=-1)]
        for qkv in found
    ]
    scores = [(q @ k.mT).abs().mean().item() for q, k, _ in heads]
    return torch.cat(out.hidden_states[1:]), scores, out.logits[0]


@sizes
def test_stream_scores_and_logits_are_as_large_as_published(config):
    model = fake_model(config)
    after_early_layers = min(2, config.n_layers - 1)
    seen = [inside(model, config, text) for text in TEXTS]
    for streams, _, logits in seen:
        first = streams[after_early_layers:-1, 0].norm(dim=-1)
        assert ((first - FIRST_POSITION).abs() <= FIRST_POSITION / 4).all()
        others = streams[:-1, 1:].norm(dim=-1)
        assert others.min() > 40 and others.max() < 500
        assert LOWEST_LOGIT - 15 <= logits[1:].min() <= LOWEST_LOGIT + 15
        assert HIGHEST_LOGIT - 15 <= logits[1:].max() <= HIGHEST_LOGIT + 15
    means = torch.tensor([scores for _, scores, _ in seen]).mean(0)
    published = torch.tensor(SCORES[: config.n_layers], dtype=torch.float32)
    assert ((means / published - 1).abs() <= 0.35).all(), means


def test_one_seed_makes_one_model_and_another_another():
    one, again, other = (fake_model(NARROW, seed).state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(tensor, again[name]) for name, tensor in one.items())
    assert not any(torch.equal(tensor, other[name]) for name, tensor in one.items())
    assert all(torch.isfinite(tensor).all() for tensor in one.values())
