"""`make bench`, as small as it can be: it measures all that it promises, whatever the numbers are."""

import os
import re
import subprocess
import sys

import pytest
from build.small_course import REPOSITORY

pytestmark = pytest.mark.slow

SMALL = ["--students", "2", "--growth", "1,2", "--workers", "1", "--rounds", "1"]


def test_it_prints_every_measure():
    command = [sys.executable, "-m", "grader.tools.bench", *SMALL]
    wide = {**os.environ, "COLUMNS": "120"}
    done = subprocess.run(command, cwd=REPOSITORY, env=wide, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {
        "stock nbgrader, 2 of them": r"[\d.]+ s .* [\d.]+ s",
        "class run, 1 workers, all 2": r"[\d.]+ s .* [\d.]+ s",
        "of it the student's cells and checks": r"\d+\.\d+ s .* \d+%",
        "of it the judge": r"\d+\.\d+ s .* \d+%",
        "the same cells in a bare fork": r"\d+\.\d+ s .* \d+%",
        "1 submissions": r"[\d.]+ s .* [\d.]+ s",
        "2 submissions": r"[\d.]+ s .* [\d.]+ s",
    }
    for name, measured in rows.items():
        assert re.search(rf"{name} .*{measured}", done.stdout), name
    assert re.search(r"^Ratio \d+\.\d\.$", done.stdout, re.MULTILINE)
    assert re.search(r"^At most [1-9]\d* MiB for each worker", done.stdout, re.MULTILINE)
    assert re.search(r"^Over a bare fork: \d+\.\d\d in sum", done.stdout, re.MULTILINE)
