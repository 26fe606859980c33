"""OpenAI's GPT-2 against what is published of it, where a developer names a cache with its weights.

    GPT2_TEST_HUB=~/.cache/huggingface/hub make test TESTS=tests/verification/test_published.py

Without that name the file is not collected (see conftest.py): the suite's own cache is empty. On the fake,
`test_planted.py` runs the same facts everywhere.
"""

import os
from pathlib import Path

import pytest
from huggingface_hub import constants

from utils.reference import hub, load
from utils.verification import CourseParts, load_facts, verify

HUB = Path(os.environ["GPT2_TEST_HUB"]).expanduser()


@pytest.fixture
def gpt2(monkeypatch):
    """OpenAI's GPT-2, from the named cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(HUB))
    folder = hub.cached_model("gpt2")
    if folder is None or (folder.parents[1] / "this-is-a-fake").exists():
        pytest.fail(f"no weights: {HUB} does not hold OpenAI's GPT-2", pytrace=False)
    return load("gpt2", quiet=True)


@pytest.mark.slow
def test_gpt2_is_as_published(gpt2):
    said = list(verify(load_facts(), CourseParts(), gpt2))
    assert [(each.fact.name, each.ours) for each in said if each.state in {"differs", "error", "waits"}] == []
