"""The student's half runs where Python has no POSIX modules, as on Windows."""

import json
import subprocess
import sys

import pytest
from patience import PATIENCE_S

from utils.weeks import WEEKS

from .checkout import CHECKOUT

POSIX_ONLY = (
    "crypt",
    "fcntl",
    "grp",
    "nis",
    "posix",
    "pty",
    "pwd",
    "resource",
    "spwd",
    "syslog",
    "termios",
    "tty",
)
"""The modules that Python's documentation gives as available on Unix alone."""

BLOCKED = f"""
import builtins, json, pathlib, sys

students_half = str(pathlib.Path("utils").resolve())
usual = builtins.__import__

def without_posix(name, globals=None, *rest, **named):
    importer = str((globals or {{}}).get("__file__", ""))
    if name.partition(".")[0] in {POSIX_ONLY!r} and importer.startswith(students_half):
        raise ModuleNotFoundError(f"No module named {{name!r}} on this system", name=name)
    return usual(name, globals, *rest, **named)

builtins.__import__ = without_posix
"""
"""Libraries may import what they find; `utils` gets what it would get on Windows."""

IMPORT_ALL = """
import importlib
from pathlib import Path

modules = [".".join(path.with_suffix("").parts) for path in sorted(Path("utils").rglob("*.py"))]
modules = [name.removesuffix(".__init__") for name in modules if "lab.config" not in name]
for name in modules:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(json.dumps(modules))
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", BLOCKED + code, *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def test_the_block_works():
    done = run("exec(compile('import fcntl', 'cell', 'exec'), {'__file__': students_half + '/any.py'})")
    assert "No module named 'fcntl' on this system" in done.stderr


def test_every_module_of_the_students_imports():
    done = run(IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    assert {"utils.self_check.check", "utils.checks.week01_vectors"} <= set(json.loads(done.stdout))


@pytest.mark.slow
def test_course_check_works():
    command = "import utils.command_line; sys.argv = ['course', *sys.argv[1:]]; utils.command_line.main()"
    done = run(command, "check", WEEKS[0].notebook)
    assert "not written yet" in done.stdout + done.stderr
    assert "No module named" not in done.stdout + done.stderr
