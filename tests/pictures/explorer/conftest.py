"""Models to open in the explorer: the reference, small ones of unusual sizes, one of the course's parts."""

from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from tests.repository.checkout import CHECKOUT
from utils.pictures.explorer.session import Session
from utils.reference import Reference, load

PARTS = CHECKOUT / "course" / "week12_inside" / "parts.py"


@pytest.fixture(scope="session")
def reference() -> Reference:
    """The storyteller."""
    return load("storyteller", quiet=True)


@pytest.fixture(scope="session")
def storyteller(reference: Reference) -> Session:
    """The storyteller, open."""
    return Session(reference)


@pytest.fixture
def small() -> GPT2LMHeadModel:
    """HF's model of sizes that no picture can have hard-coded, with weights large enough to matter."""
    torch.manual_seed(3)
    config = GPT2Config(n_embd=20, n_head=5, n_layer=3, n_positions=9, vocab_size=50257)
    model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    return model


@pytest.fixture(scope="session")
def parts() -> ModuleType:
    """What week 12 is given: all parts of a GPT-2."""
    spec = spec_from_file_location("parts", PARTS)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def own(parts: ModuleType, reference: Reference) -> torch.nn.Module:
    """The storyteller's weights in a GPT2 as week 7 builds it."""
    return parts.load_gpt2(reference.state_dict, reference.config)


@pytest.fixture
def session(small: GPT2LMHeadModel) -> Session:
    """The small model, open."""
    return Session(small)
