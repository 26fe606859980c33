"""Bad input: one sentence of advice on stderr, exit code 2, and nothing overwritten."""

import json
import os
import re
import subprocess
import sys

import pytest

from utils.notebook import file
from utils.weeks import find_week

from . import notebooks as make

WEEK = find_week(5)


def refused(seen, *words):
    """Assert that the command ended with one clear line that has these words."""
    assert seen.exit_code == 2, seen.output
    assert "Traceback" not in seen.output
    lines = seen.stderr.strip().splitlines()
    assert len(lines) == 1, seen.stderr
    for word in words:
        assert str(word) in lines[0]


@pytest.fixture
def path(copy):
    """A good notebook, for tests to damage."""
    return make.save(WEEK, copy, make.check("a", "assert True", 100))


@pytest.mark.parametrize("name", ["13", "0", "", "week5", "attention.ipynb", "[red]"])
def test_a_week_that_does_not_exist(course, name):
    refused(course("check", name), repr(name), "5 (attention)", "12 (inside)")


CONFLICT = b'{\n "cells": [\n<<<<<<< HEAD\n 1\n=======\n 2\n>>>>>>> theirs\n ]\n}\n'
OLD = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": []}]}
CELL = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}
NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty", "restore it"]),
        (b"  \n", ["is empty"]),
        (b'{"cells": [', ["not valid JSON (line 1)", "restore it"]),
        (b"# %%\nprint('a text notebook')\n", ["not valid JSON"]),
        (b"\x89PNG\r\n\x1a\n\x00", ["byte 0 is not UTF-8 text"]),
        (b"\x00\x00\x00", ["not valid JSON"]),
        (b"[" * 100_000, ["not valid JSON"]),
        (CONFLICT, ["unfinished git merge (line 3)", "git checkout --ours attention.ipynb"]),
        (b"[]", ["JSON but not a notebook"]),
        (b'{"a": 1}', ["JSON but not a notebook"]),
        (json.dumps(OLD | {"worksheets": 3}).encode(), ["old format", "save it again in JupyterLab"]),
        (json.dumps(NOTEBOOK | {"cells": None}).encode(), ["no list of cells"]),
        (json.dumps(OLD).encode(), ["of week05_attention, 0 are in this notebook"]),
        (json.dumps(NOTEBOOK | {"cells": [CELL, 1]}).encode(), ["0 are in this notebook"]),
        (json.dumps(NOTEBOOK).encode(), ["0 are in this notebook"]),
    ],
)
def test_a_file_that_is_no_notebook_of_the_course(path, course, content, words):
    path.write_bytes(content)
    refused(course("check", "5"), path, *words)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "julia-1.9", "display_name": "Julia 1.9", "language": "julia"}},
        {"kernelspec": {"name": "x", "display_name": "x"}, "language_info": {"name": "julia"}},
    ],
)
def test_a_notebook_of_another_language_is_run_as_python_which_is_said(path, course, metadata):
    make.edit(path, metadata=metadata)
    seen = course("check", "5")
    assert seen.exit_code == 0, seen.output
    assert "core 100 of 100" in seen.stdout
    assert "saved by a kernel for julia" in seen.stdout
    assert "Change Kernel" in seen.stdout


def test_jupyterlabs_checkpoint_is_pointed_to(path, course):
    kept = path.parent / ".ipynb_checkpoints" / "attention-checkpoint.ipynb"
    kept.parent.mkdir()
    path.rename(kept)
    path.write_text("")
    refused(course("check", "5"), f"look at {kept}")


def test_the_notebook_of_another_week(copy, course):
    week5 = [make.set_up(), *(make.check(name, f"assert {name!r}", 50) for name in ("a", "b"))]
    week6 = [make.set_up(), *(make.check(name, f"assert {name!r}", 50) for name in ("c", "d", "e"))]
    path = make.save(WEEK, copy, *week6)
    make.release(WEEK, *week5, make.work("f", "f = 1"), make.work("g", "g = 1"))
    refused(course("check", "5"), path, "it may be another week's", "the released notebook")


@pytest.mark.parametrize("damage", [{"points": "many"}, {"points": None}, {"grade_id": ""}, {"points": -1}])
def test_damaged_grading_metadata_cost_nothing(copy, course, damage):
    cell = make.check("a", "assert True", 100)
    cell.metadata.nbgrader.update(damage)
    make.save(WEEK, copy, cell)
    seen = course("check", "5")
    assert "core 100 of 100" in seen.stdout


def test_no_such_file(path, course):
    refused(
        course("check", "5", "--notebook", path.parent / "atention.ipynb"),
        "There is no file",
        "atention.ipynb",
    )
    refused(course("check", "5", "--notebook", path / "attention.ipynb"), "There is no file")


def test_a_folder_instead_of_a_file(path, course, tmp_path):
    refused(course("check", "5", "--notebook", path.parent), "is a folder", f"for example {path}")
    (tmp_path / "none").mkdir()
    refused(course("check", "5", "--notebook", tmp_path / "none"), "is a folder", "there is none in it")


def test_a_pipe_instead_of_a_file(course, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused(course("check", "5", "--notebook", tmp_path / "pipe"), "not an ordinary file")


def test_a_link_that_leads_nowhere(path, course):
    path.unlink()
    path.symlink_to(path.name)
    refused(course("check", "5"), path, "cannot be read")


def test_a_file_that_may_not_be_read(path, course, monkeypatch):
    # Permissions do not stop root, who may be running this test.
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(file.Path, "read_bytes", refuse)
    refused(course("check", "5"), f"You may not read {path}", "chmod u+r")


def test_a_week_that_is_not_released(path, course):
    refused(course("check", "6"), "Week 6 (heads) is not in this copy", "Weeks here: 5.", "--notebook PATH")


def test_a_renamed_notebook(path, course):
    path.rename(path.with_name("mine.ipynb"))
    refused(
        course("check", "5"), "has no attention.ipynb", "It holds mine.ipynb", "git restore attention.ipynb"
    )


def test_a_folder_that_was_deleted(course, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    refused(course("check", "5"), "The current folder was deleted")


@pytest.mark.parametrize("arguments", [["check"], ["check", "5", "--timeout", "0"], ["chek", "5"]])
def test_a_slip_in_the_command(course, arguments):
    seen = course(*arguments)
    assert seen.exit_code == 2
    assert "course" in seen.stderr
    assert "Traceback" not in seen.output


def test_an_old_python_is_told_before_anything_newer_is_imported():
    script = "import sys; sys.version_info = (3, 10, 4); from utils.command_line import main; main()"
    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert seen.returncode == 1
    assert re.fullmatch(
        r"course needs Python 3\.11 or newer, and this is 3\.10\.4 .* `make lab` again\.\n", seen.stderr
    )
