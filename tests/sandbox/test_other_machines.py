"""Machines that offer less: the layers that are there are used, and the floor holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from autograde.week05 import FULL
from needed_programs import need

from grader.sandbox import layers

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("other_machines.py")
ORDINARY_USER = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--uid", "1000", "--gid", "1000"]
"""Runs a command as an ordinary user, in the same file system."""


def graded(*without: str, user: list[str] | None = None) -> dict:
    if user:
        need("bubblewrap", user[0])
    command = [*(user or []), sys.executable, str(SCRIPT), *without]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_without_bubblewrap_namespaces_and_landlock_hold_the_floor():
    result = graded("bubblewrap", "groups")
    assert result["points"] == FULL
    assert {layers.NAMESPACES, layers.LANDLOCK} <= set(result["layers"])
    assert layers.BUBBLEWRAP not in result["layers"]


def test_without_a_system_call_filter_the_rest_holds():
    result = graded("seccomp")
    assert result["points"] == FULL
    assert layers.SECCOMP not in result["layers"]


def test_an_ordinary_user_has_the_same_protection():
    result = graded(user=ORDINARY_USER)
    assert result["points"] == FULL
    assert {layers.BUBBLEWRAP, layers.NAMESPACES, layers.LANDLOCK, layers.SECCOMP} <= set(result["layers"])
    assert layers.OTHER_USER not in result["layers"]


def test_an_ordinary_user_without_bubblewrap_too():
    result = graded("bubblewrap", user=ORDINARY_USER)
    assert result["points"] == FULL
    assert {layers.NAMESPACES, layers.LANDLOCK, layers.SECCOMP} <= set(result["layers"])
