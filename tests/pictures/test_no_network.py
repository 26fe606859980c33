"""No picture holds a URL, and drawing libraries are loaded only when a picture is drawn."""

import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from utils import pictures, reference
from utils.pictures._circuitsvis import _packed_script

from .conftest import Sentence

HEAVY = ("circuitsvis", "ipywidgets", "plotly", "torch", "transformers")
DRAWN = {
    "ForwardTable": lambda it: pictures.ForwardTable({"ln_f": (nn.LayerNorm(4), "batch seq d_model")}),
    "LiveLoss": lambda it: pictures.LiveLoss(4, {"floor": 0.5}).picture(
        SimpleNamespace(step=2, losses=[2, 1]), 9
    ),
    "attention_heads": lambda it: pictures.attention_heads(it.tokens, it.patterns[0]),
    "attention_explorer": lambda it: pictures.attention_explorer(it.tokens, it.patterns),
    "bars": lambda it: pictures.bars({"English": 11, "Greek": 56}),
    "cloud_steps": lambda it: pictures.cloud_steps({"here": np.eye(3), "there": 2 * np.eye(3)}, list("abc")),
    "coloured_tokens": lambda it: pictures.coloured_tokens(it.tokens),
    "curve": lambda it: pictures.curve([0, 1], [1, 2]),
    "curves": lambda it: pictures.curves([0, 1], {"y": [1, 2]}),
    "cuts_slider": lambda it: pictures.cuts_slider({0: ["t", "h", "e"], 1: ["th", "e"]}),
    "guess_table": lambda it: pictures.guess_table([["a", "b"]], [[0.5, 1.0]], ["x", "y"], ["end"]),
    "descent": lambda it: pictures.descent(
        lambda at: (at**2).sum(-1), lambda lr, momentum, n_steps: {"SGD": np.ones((n_steps + 1, 2))}
    ),
    "heatmap": lambda it: pictures.heatmap(it.patterns[0, 0]),
    "loss_curve": lambda it: pictures.loss_curve([2, 1], {"floor": 0.5}, [(2, 1.5)]),
    "neuron_explorer": lambda it: pictures.neuron_explorer(it.tokens, it.patterns[0, 0]),
    "pattern_heatmap": lambda it: pictures.pattern_heatmap(it.patterns[0, 0], it.tokens),
    "explore": lambda it: pictures.explore(
        reference.load(quiet=True), "The cat sat", box="attention weights"
    ),
    "sampling_explorer": lambda it: pictures.sampling_explorer(
        lambda text: torch.arange(20.0), lambda logits, temperature, k, p: logits, "The cat"
    ),
    "scaling_demo": lambda it: pictures.scaling_demo(),
    "steps_3d": lambda it: pictures.steps_3d(np.eye(3), ["x", "y", "z"], [("x", "y")]),
    "token_explorer": lambda it: pictures.token_explorer(lambda text: list(range(len(text))), "The cat"),
    "vector_math": lambda it: pictures.vector_math({"a": torch.ones(2), "b": torch.eye(2)[0]}, "a − b"),
    "vectors_3d": lambda it: pictures.vectors_3d(np.eye(3), ["x", "y", "z"]),
    "where_it_looks": lambda it: pictures.where_it_looks(it.tokens, it.patterns[0, 0], 2),
}


def test_every_picture_is_tested_here() -> None:
    wanted = set(pictures.__all__) - {"progress"}  # a bar, which rich draws
    assert wanted == set(DRAWN), "DRAWN needs a line for every picture in pictures.__all__."


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_names_no_address(name: str, sentence: Sentence) -> None:
    bundle = DRAWN[name](sentence)._repr_mimebundle_()
    text = str(bundle).replace(_packed_script(), "")
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) == []


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_stays_small(name: str, sentence: Sentence) -> None:
    """Only a CircuitsVis view carries a script, and that one packed; a figure never carries plotly.js."""
    size = len(str(DRAWN[name](sentence)._repr_mimebundle_()))
    assert size < (600_000 if name == "attention_heads" else 20_000)


def test_drawing_asks_no_network(sentence: Sentence, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("A picture opened a connection.")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    for draw in DRAWN.values():
        assert draw(sentence)._repr_mimebundle_()["text/plain"]


def test_importing_the_pictures_loads_no_library() -> None:
    code = f"import sys, utils.pictures; print([name for name in {HEAVY} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
