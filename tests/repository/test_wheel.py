"""A wheel holds every file that the course needs, and works where nothing else of the course is."""

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader.build.build import make_all
from utils.weeks import find_week

from .checkout import CHECKOUT, read, tracked_files

PROJECT = tomllib.loads(read("pyproject.toml"))["project"]
NEVER = {".gitattributes"}
"""What lies among the packages for git alone."""

A_CLASS = (
    "grader/classroom/gradebook.db",
    "grader/classroom/README.md",
    "grader/classroom/submitted/ada/week01_vectors/vectors.ipynb",
    "grader/classroom/submitted/ada/week01_vectors/parts.py",
    "grader/classroom/autograded/ada/notes.json",
)
"""What an instructor's checkout holds beside the tracked files, and no wheel may."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of a copy of the tracked files, so that nothing which lies about in the checkout comes in."""
    folder = tmp_path_factory.mktemp("wheel")
    for path in (
        Path("pyproject.toml"),
        Path("README.md"),
        Path("LICENSE"),
        *tracked_files("utils", "grader"),
    ):
        (folder / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / path, folder / "source" / path)
    for name in A_CLASS:
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_text("A student's")
    # setuptools itself, since pip would look for it on the network.
    build = "from setuptools.build_meta import build_wheel; print(build_wheel('..'))"
    subprocess.run([sys.executable, "-c", build], cwd=folder / "source", check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The wheel's files, without those that describe it."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_every_tracked_file_of_the_packages_is_in_it(names):
    wanted = {path.as_posix() for path in tracked_files("utils", "grader") if path.name not in NEVER}
    assert names == wanted


def test_its_version_is_the_projects(wheel):
    assert wheel.name == f"gpt2_in_twelve_weeks-{PROJECT['version']}-py3-none-any.whl"


def closure(texts: Iterable[str]) -> set[str]:
    """The packages that these requirements bring, directly or not, as they are installed here."""
    seen, ask = set(), [each for each in map(Requirement, texts) if _applies(each, [""])]
    while ask:
        requirement = ask.pop()
        key = (canonicalize_name(requirement.name), *sorted(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        needed = map(Requirement, distribution(requirement.name).requires or ())
        ask += [each for each in needed if _applies(each, ["", *requirement.extras])]
    return {name for name, *_ in seen}


def _applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def student_packages() -> list[Path]:
    """Where the packages that a student installs lie: their folders, modules and metadata."""
    place = Path(pytest.__file__).parents[1]
    names = {
        file.parts[0]
        for package in closure(PROJECT["dependencies"])
        for file in distribution(package).files or ()
    }
    return [place / name for name in sorted(names - {"..", "__pycache__"})]


class Elsewhere:
    """A virtual environment that holds the wheel and sees the packages here that a student installs."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder / "environment", symlinks=os.name == "posix")
        self.folder = folder
        bin_folder = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
        self.python = bin_folder / "python"
        (packages,) = (folder / "environment").glob("[Ll]ib/**/site-packages")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
        for path in student_packages():
            (packages / path.name).symlink_to(path)

    def run(self, *arguments: str) -> str:
        """What Python printed, called in an empty folder."""
        done = self.call(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        """Call Python in an empty folder."""
        kept = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={**kept, "COLUMNS": "100", "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
        )


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    made = Elsewhere(tmp_path_factory.mktemp("elsewhere"), wheel)
    assert str(made.folder) in made.run("-c", "import utils; print(utils.__file__)")
    return made


def test_it_says_its_version(elsewhere):
    shown = elsewhere.run("-m", "utils.command_line", "--version")
    assert shown == f"course {PROJECT['version']}\n"


def test_a_student_has_no_package_of_the_graders_or_the_developers():
    names = {path.name for path in student_packages()}
    assert {"torch", "numpy", "nbgrader", "circuitsvis", "psutil"} <= names
    assert not {"distributed", "dask", "psycopg", "jupytext", "hypothesis", "playwright"} & names


def test_grading_without_its_packages_says_what_to_install(elsewhere):
    done = elsewhere.call("-m", "utils.command_line", "grade", "1")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    (sentence,) = done.stderr.splitlines()
    assert "make grader" in sentence
    assert '"gpt2-in-twelve-weeks[grader]"' in sentence


@pytest.mark.slow
def test_its_storyteller_tells_a_story(elsewhere):
    program = """
import torch
from utils import reference as references
reference = references.load("storyteller", quiet=True)
start = reference.tokenizer("The king", return_tensors="pt").input_ids
print(reference.tokenizer.decode(reference.model.generate(start, max_new_tokens=8, do_sample=False)[0]))
"""
    assert elsewhere.run("-c", program).startswith("The king ")


@pytest.mark.slow
def test_week_1_with_its_solutions_has_all_its_points(elsewhere):
    (made,) = make_all(CHECKOUT, [find_week("1")])
    notebook = elsewhere.folder / "vectors.ipynb"
    with_solutions = CHECKOUT / "solutions" / made.source.week.folder / notebook.name
    notebook.write_bytes(made.files[with_solutions])
    shown = elsewhere.run("-m", "utils.command_line", "check", "1", "--notebook", str(notebook))
    assert "100 of 100" in shown, shown
