"""What an import costs: torch takes seconds, transformers more, so they wait until they are needed."""

import subprocess
import sys

import pytest

from .checkout import CHECKOUT

HEAVY = {"torch", "transformers"}

HELP = "import sys, utils.command_line; sys.argv = ['course', '--help']; utils.command_line.main()"
LIGHT = {
    "utils": "import utils",
    "the weeks": "import utils.weeks",
    "the checks": "import utils.checks",
    "the reference": "import utils.reference",
    "the commands": "import utils.command_line",
    "course --help": HELP,
}


@pytest.mark.parametrize("script", LIGHT.values(), ids=LIGHT.keys())
def test_it_starts_without_heavy_packages(script):
    report = "import atexit, sys; atexit.register(lambda: print('loaded:', *sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{report}; {script}"], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.rpartition("loaded:")[2].split()
    assert "sys" in loaded
    assert HEAVY & set(loaded) == set()
