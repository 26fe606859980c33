"""What the build makes is the same to the byte in every process, whatever the order of sets in it."""

import os
import subprocess
import sys

import pytest

from tests.repository.checkout import CHECKOUT

pytestmark = pytest.mark.slow

WEEK, CHECK = 2, "count_pairs"
"""A check of strings, sets and dicts: their order is what a process may change."""

MAKE = f"""
import json
from grader.build.source import read_source, weeks_with_source
from grader.build.steps import week_steps
from grader.folders import find_root
from grader.tools.known_mistakes.week_file import prove_checks
from utils.answers.known_mistakes import as_text
from utils.weeks import find_week

root, week = find_root(), find_week({WEEK})
earlier = [read_source(root, each) for each in weeks_with_source(root) if each.number < week.number]
known = prove_checks(root, week, [{CHECK!r}], {{{CHECK!r}: ""}}, {{}})
steps = week_steps(read_source(root, week), earlier, {{{CHECK!r}}})
print("--- made")
print(as_text(known), json.dumps(steps))
"""


def _made(hash_seed: int) -> str:
    """Return the mistakes and the steps of the check, as a process with this hash seed makes them."""
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    command = [sys.executable, "-c", MAKE]
    ended = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    return ended.stdout.partition("--- made\n")[2]


def test_two_processes_make_the_same_bytes():
    first, second = _made(hash_seed=1), _made(hash_seed=2)
    assert '"results"' in first and '"inputs"' in first
    assert first == second
