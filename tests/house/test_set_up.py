"""The Makefile sets the course up, once, and says in one sentence what is wrong with the machine.

A small shell script plays Python here: it makes "virtual environments" that hold itself and writes down
how it was called, so that the tests need no network and take no minutes.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from .checkout import CHECKOUT, read

PRETENDER = """\
#!/bin/sh
echo "$*" >> "$DIARY"
for last; do :; done
case "$*" in
"-c import sys"*) echo "$VERSION" ;;
"-c import ensurepip"*) exit "$WITHOUT_VENV" ;;
"-m venv --clear"*) rm -rf "$last" ;;
"-m pip"*requirements.lock) exit "$PIP_ENDS_WITH" ;;
esac
case "$*" in
"-m venv"*) mkdir -p "$last/bin" && cp "$0" "$last/bin/python" ;;
esac
"""

NEW, INSTALL, COURSE = "-m venv .venv", "--requirement requirements.lock", "--editable ."
ANEW = "-m venv --clear .venv"


@dataclass
class Machine:
    """A copy of what set-up needs, in a folder whose name has spaces, with the pretender as its Python."""

    folder: Path
    python: Path
    diary: Path

    def make(self, *arguments: str, **pretends: str) -> subprocess.CompletedProcess:
        """Call make with the pretender; `pretends` changes what it pretends."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        play = {"VERSION": "3.12", "WITHOUT_VENV": "0", "PIP_ENDS_WITH": "0", "DIARY": str(self.diary)}
        self.diary.write_text("", encoding="utf-8")
        return subprocess.run(
            ["make", f"PYTHON={self.python}", *arguments],
            cwd=self.folder,
            env={**kept, **play, **pretends},
            capture_output=True,
            text=True,
        )

    def set_up(self, **pretends: str) -> subprocess.CompletedProcess:
        return self.make(".venv/.ready", **pretends)

    def steps(self) -> list[str]:
        """The steps of the last set-up: which environment was made, what was installed."""
        calls = self.diary.read_text(encoding="utf-8").splitlines()
        known = (NEW, ANEW, INSTALL, COURSE)
        return [step for call in calls for step in known if call.endswith(step)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "a course of mine"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, folder)
    python = tmp_path / "pretender"
    python.write_text(PRETENDER, encoding="utf-8")
    python.chmod(0o755)
    return Machine(folder, python, tmp_path / "diary")


def complaint(done: subprocess.CompletedProcess) -> str:
    """What make said before it gave up, without its own last line."""
    assert done.returncode != 0
    (sentence,) = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    return sentence


def test_set_up_happens_once(machine):
    first = machine.set_up()
    assert (first.returncode, first.stderr) == (0, "")
    assert [line[:5] for line in first.stdout.splitlines()] == ["[1/3]", "[2/3]", "[3/3]", "The c"]
    assert machine.steps() == [NEW, INSTALL, COURSE]

    assert machine.set_up().returncode == 0
    assert machine.steps() == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_newer_pin_is_installed_into_the_same_environment(machine, name):
    machine.set_up()
    for seconds, file in enumerate(["requirements.lock", "pyproject.toml", ".venv/.ready", name]):
        os.utime(machine.folder / file, (seconds, seconds))
    # An update uses the environment's own Python, so the one on the path may have changed meanwhile.
    assert machine.set_up(VERSION="3.9").returncode == 0
    assert machine.steps() == [INSTALL, COURSE]


def test_an_interrupted_set_up_says_what_to_do_and_starts_anew(machine):
    stopped = machine.set_up(PIP_ENDS_WITH="1")
    assert "call make again" in complaint(stopped)
    assert machine.steps() == [NEW, INSTALL]

    assert machine.set_up().returncode == 0
    assert machine.steps() == [ANEW, INSTALL, COURSE]


def test_an_interrupted_update_starts_anew_too(machine):
    machine.set_up()
    (machine.folder / ".venv/.unfinished").touch()
    assert machine.set_up().returncode == 0
    assert machine.steps() == [ANEW, INSTALL, COURSE]


def test_an_environment_without_pip_is_completed(machine):
    (machine.folder / ".venv/bin").mkdir(parents=True)
    assert machine.set_up().returncode == 0
    assert machine.steps() == [NEW, INSTALL, COURSE]


def test_a_moved_folder_is_set_up_anew(machine):
    machine.set_up()
    machine.folder = machine.folder.rename(machine.folder.with_name("moved"))
    assert machine.set_up().returncode == 0
    assert machine.steps() == [ANEW, INSTALL, COURSE]


def test_a_python_that_has_gone_is_replaced(machine):
    machine.set_up()
    (machine.folder / ".venv/bin/python").unlink()
    assert machine.set_up().returncode == 0
    assert machine.steps() == [ANEW, INSTALL, COURSE]


def test_an_environment_made_by_hand_is_kept(machine):
    own = machine.folder / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    shutil.copy(machine.python, own)
    assert machine.set_up().returncode == 0
    assert machine.steps() == [INSTALL, COURSE]


def test_clean_removes_only_an_environment_that_make_has_set_up(machine):
    own = machine.folder / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    assert machine.make("clean").returncode == 0
    assert own.parent.is_dir()

    machine.set_up()
    assert machine.make("clean").returncode == 0
    assert not (machine.folder / ".venv").exists()


def test_torch_comes_first_and_alone_from_an_index_of_its_own(machine):
    machine.make(".venv/.ready", "TORCH_INDEX=where-torch-is")
    calls = [call for call in machine.diary.read_text(encoding="utf-8").splitlines() if "install" in call]
    assert calls[0].endswith("--no-deps --index-url where-torch-is --constraint requirements.lock torch")
    assert calls[1].endswith(INSTALL)


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.10", "3.15", "3.1"])
def test_a_wrong_python_is_named_with_what_to_do(machine, version):
    sentence = complaint(machine.make("lab", VERSION=version))
    assert f"is Python {version}, and the course needs Python 3.11 to 3.14" in sentence
    assert "make lab PYTHON=python3.12" in sentence
    assert not (machine.folder / ".venv").exists()


def test_a_missing_python_is_named_with_what_to_do(machine):
    sentence = complaint(machine.make("test", "PYTHON=does-not-exist", f"CHROMIUM={machine.python}"))
    assert "does-not-exist is not a Python that starts here" in sentence
    assert "make test PYTHON=python3.12" in sentence
    assert not (machine.folder / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(machine):
    sentence = complaint(machine.set_up(WITHOUT_VENV="1"))
    assert "apt install python3.12-venv" in sentence
    assert not (machine.folder / ".venv").exists()


def test_tests_without_chromium_stop_before_anything_else(machine):
    sentence = complaint(machine.make("test", "CHROMIUM=/no/such/browser"))
    assert "/no/such/browser is not there" in sentence
    assert "apt install chromium" in sentence
    assert machine.steps() == []


def test_an_environment_with_a_space_in_its_name_is_refused(machine):
    refused = machine.make("lab", "VENV=my env")
    assert refused.returncode != 0
    assert 'VENV is "my env"' in refused.stderr
    assert machine.steps() == []


def test_an_environment_in_the_clone_may_be_named_in_full(machine):
    assert machine.make(".venv/.ready", f"VENV={machine.folder}/.venv").returncode == 0
    assert machine.steps() == [NEW, INSTALL, COURSE]


def test_help_is_the_default_and_names_every_target(machine):
    shown = machine.make()
    assert shown.returncode == 0
    targets = re.search(r"^\.PHONY: (.+)$", read("Makefile"), flags=re.MULTILINE)[1].split()
    helped = re.findall(r"^  make (\w+) +[A-Z][a-z]", shown.stdout, flags=re.MULTILINE)
    assert sorted(helped) == sorted(set(targets) - {"help", "chromium", "postgresql"})
    assert machine.steps() == []
