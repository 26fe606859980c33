"""Right solutions in all styles pass the cases with real weights at GPT-2's size and magnitudes."""

import json
import os
import subprocess
import sys

import pytest

from tests.checks.taught import TAUGHT
from tests.fake_gpt2 import put_fake_in_cache
from tests.repository.checkout import CHECKOUT

pytestmark = pytest.mark.slow
WITHOUT_REAL_CASES = {"week02_tokens"}
"""Week 2 needs no model, only the tokenizer, which is GPT-2's in any case."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A hub cache with the fake at true size."""
    folder = tmp_path_factory.mktemp("hub")
    put_fake_in_cache(folder)
    return folder


@pytest.mark.parametrize("week", TAUGHT, ids=lambda week: week.folder)
def test_no_right_solution_is_rejected_at_true_size(week, cache, record_property):
    """In a process of its own, since cases and models are kept. Half of each tolerance must do: the other
    half is for other processors and other weights.
    """
    command = [sys.executable, "-m", "tests.fake_gpt2.real_cases", week.folder]
    environment = os.environ | {"HF_HUB_CACHE": str(cache)}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    record_property("results", done.stdout)
    assert bool(results) == (week.folder not in WITHOUT_REAL_CASES)
    assert [(each["check"], each["rejected"]) for each in results if each["rejected"]] == []
    assert {each["check"]: each["margin"] for each in results if each["margin"] < 2} == {}
