"""A narrow fake GPT-2 in a cache of its own, and its facts."""

import os

import pytest
from huggingface_hub import constants

from tests.fake_gpt2 import NARROW, put_fake_in_cache
from tests.verification.hf_facts import with_hf_values
from utils.reference import load
from utils.verification import load_facts

collect_ignore = [] if os.environ.get("GPT2_TEST_HUB") else ["test_published.py"]
"""OpenAI's weights are tested where a cache with them is named."""


@pytest.fixture(scope="session")
def narrow(tmp_path_factory):
    """The folder of a hub cache, the reference in it, and its facts by Hugging Face."""
    cache = tmp_path_factory.mktemp("narrow-hub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_CACHE", str(cache))
        put_fake_in_cache(cache, NARROW)
        reference = load("gpt2", quiet=True)
        return cache, reference, with_hf_values(load_facts(), reference)
