"""Programs beside Python that some tests need: where one is missing they are skipped, and under CI they fail.

`make test` brings the programs, and counts in its last line what was skipped for want of one.
"""

import os
import shutil
from pathlib import Path

import pytest

SIGN = "is not on this machine"
"""By these words .setup/run_tests.py knows what was skipped for want of a program."""


def need(program: str, name: str | Path) -> str:
    """The path of a program, found by its name or path.

    The test is skipped where it is missing, and fails where everything is to be tested.
    """
    path = shutil.which(name)
    if path is not None:
        return path
    reason = f"{program} {SIGN}: `make test` says how to get it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
