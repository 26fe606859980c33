"""Programs besides Python that some tests need. If one is missing, they are skipped; in CI they fail.

`make test` installs the programs, and counts in its last line the tests skipped for lack of one.
"""

import os
import shutil
from pathlib import Path

import pytest

SIGN = "is not on this machine"
"""The words by which .setup/run_tests.py recognises a test skipped for lack of a program."""


def need(program: str, name: str | Path) -> str:
    """Return the path of a program, given its name or path.

    If it is missing, the test is skipped, or fails in CI.
    """
    path = shutil.which(name)
    if path is not None:
        return path
    reason = f"{program} {SIGN}: `make test` says how to get it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
