"""A wheel holds every file that the course needs, and works where nothing else of the course is."""

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from grader.build import make_all
from utils.weeks import find_week

from .checkout import CHECKOUT, read, tracked_files

NEVER = {".gitattributes"}
"""What lies among the packages for git alone."""


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
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert wheel.name == f"gpt2_in_twelve_weeks-{version}-py3-none-any.whl"


class Elsewhere:
    """A virtual environment that holds the wheel and sees this one's other packages, but no course."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder / "environment", symlinks=os.name == "posix")
        self.folder = folder
        bin_folder = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
        self.python = bin_folder / "python"
        (packages,) = (folder / "environment").glob("[Ll]ib/**/site-packages")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
        others = Path(pytest.__file__).parents[1]
        # After the wheel's own files; what an editable installation left in the other folder is not followed.
        (packages / "others.pth").write_text(f"{others}\n", encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """What Python printed, called in an empty folder."""
        kept = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        done = subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={**kept, "COLUMNS": "100", "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    made = Elsewhere(tmp_path_factory.mktemp("elsewhere"), wheel)
    assert str(made.folder) in made.run("-c", "import utils; print(utils.__file__)")
    return made


def test_it_says_its_version(elsewhere):
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert elsewhere.run("-m", "utils.command_line", "--version") == f"course {version}\n"


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
