"""Sizes: the published ones, and those that HF's config files state."""

import json
from math import prod
from pathlib import Path

import pytest

from utils.reference import CONFIGS, ModelConfig, ReferenceDamaged
from utils.reference._weights import UNEMBEDDING, shapes

from .conftest import GPT2_CONFIG


def written(folder: Path, config: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def test_the_hubs_config_of_gpt2_gives_the_published_sizes(tmp_path):
    assert ModelConfig.from_file(written(tmp_path, GPT2_CONFIG)) == CONFIGS["gpt2"]


def test_a_stated_mlp_size_is_taken(tmp_path):
    assert ModelConfig.from_file(written(tmp_path, GPT2_CONFIG | {"n_inner": 100})).d_mlp == 100


# Radford et al. 2019 round these; the exact counts are those of HF's models.
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("gpt2", 124_439_808),
        ("gpt2-medium", 354_823_168),
        ("gpt2-large", 774_030_080),
        ("gpt2-xl", 1_557_611_200),
    ],
)
def test_the_published_sizes_give_the_published_number_of_parameters(name, parameters):
    sizes = {tensor: prod(shape) for tensor, shape in shapes(config=CONFIGS[name]).items()}
    assert sum(sizes.values()) - sizes[UNEMBEDDING] == parameters


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model_type": "llama"}', "null"])
def test_a_file_that_is_no_gpt2_config_is_named(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(ReferenceDamaged, match=r"config\.json is not the config of a GPT-2"):
        ModelConfig.from_file(path)
