"""A shell without a user: nothing waits for input, and definitions below an error are made."""

import subprocess
import sys
from textwrap import dedent

import pytest

BEGIN = """
from IPython.core.interactiveshell import InteractiveShell
from utils.notebook import unattended

shell = InteractiveShell.instance()
shell.history_manager.enabled = False
unattended.begin_check(shell, "week05_attention", ["torch"])
"""


def run(cell: str, then: str) -> str:
    """Return what `then` prints after the cell has run, in a process of its own."""
    code = f"{BEGIN}\nshell.run_cell({dedent(cell)!r})\nprint('THEN')\nshell.run_cell({then!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("THEN\n")[2].strip()


@pytest.mark.parametrize(
    "line",
    [
        "1 / 0",
        "import no_such_module",
        "%no_such_magic",
        "assert False",
        "raise SystemExit",
        "import transformers",
        "from transformers import GPT2Model",
    ],
)
def test_definitions_below_an_error_are_there(line):
    below = "import math\nLIMIT = 3\nafter = before + 1\ndef f():\n    return math.floor(LIMIT)"
    cell = f"before = 1\n{line}\n{below}"
    assert run(cell, "print(f(), before, 'after' in globals())") == "3 1 False"


def test_definitions_in_a_timed_cell_are_there():
    assert run("%%time\n1 / 0\ndef f():\n    return 4", "print(f())") == "4"


def test_what_was_there_before_the_error_is_left_alone():
    assert run("def f():\n    return 1\nx = f\n1 / 0", "print(x is f)") == "True"


@pytest.mark.parametrize(
    "line",
    [
        "x = input('?')",
        "import getpass; x = getpass.getpass()",
        "breakpoint(); x = ''",
        "import pdb; pdb.set_trace(); x = ''",
    ],
)
def test_nothing_waits(line):
    assert run(line, "print(repr(x))") == "''"


def test_modules_still_import_what_cells_cannot():
    there = "import sys, types; sys.modules['transformers'] = types.ModuleType('transformers')"
    then = "names = {}; exec('import transformers', names); print(names['transformers'].__name__)"
    assert run(there, then) == "transformers"
    assert run(there, "import transformers; print('there')") != "there"


def test_no_name_is_left_behind():
    assert run("1", "print('unattended' in globals(), 'random' in globals())") == "False False"
