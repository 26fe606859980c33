"""`course` itself: its help, its version, and the commands of other packages."""

import re
import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "nbclient", "nbgrader", "nbformat", "numpy", "IPython")

BUILD = """
import typer
app = typer.Typer()

@app.command()
def brew(cups: int):
    "Make tea for everybody."
    print(f"{cups} cups")

@app.command()
def check():
    "Not the real one."
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package that has one module, with this source, and a command entry point that names it."""

    def install(name, source, value=None):
        folder = tmp_path / "site"
        about = folder / f"{name}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[course.commands]\n{name} = {value or f'{name}:app'}\n")
        if source is not None:
            (folder / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(str(folder))

    return install


@pytest.fixture(autouse=True)
def fresh_app(monkeypatch):
    """Forget modules of the same name that other tests imported; each call builds the app anew."""
    for name in [name for name in sys.modules if name.startswith("tea_")]:
        monkeypatch.delitem(sys.modules, name)


def test_help_explains_both_commands(course):
    for arguments in ([], ["--help"], ["-h"]):
        seen = course(*arguments)
        words = " ".join(seen.output.split())
        assert "check Run your whole notebook of WEEK in a fresh kernel" in words
        assert "progress Show the twelve weeks at a glance" in words
    assert "Example: course check 5" in course("check", "--help").output


def test_version(course):
    seen = course("--version")
    assert seen.exit_code == 0
    assert re.fullmatch(r"course \d+\.\d+\S*\n", seen.stdout)


def test_help_and_progress_load_nothing_heavy():
    script = (
        "import sys\nfrom utils.command_line.app import app\n"
        "for command in ('--help', 'progress'):\n    app([command], standalone_mode=False)\n"
        f"print('LOADED', [name for name in {HEAVY} if name in sys.modules])"
    )
    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert seen.stdout.splitlines()[-1] == "LOADED []"


def test_another_packages_commands_are_added_and_cannot_replace_ours(course, package):
    package("tea_good", BUILD)
    seen = course("--help")
    assert "Make tea for everybody." in seen.stdout
    assert "Not the real one." not in seen.stdout
    assert seen.stderr == ""
    assert course("brew", "3").stdout == "3 cups\n"
    assert course("brew", "many").exit_code == 2


def test_a_course_error_of_another_package_is_one_sentence_too(course, package):
    raising = "from utils.errors import CourseError\n" + BUILD.replace("print(", "raise CourseError(")
    package("tea_raising", raising)
    seen = course("brew", "3")
    assert (seen.exit_code, seen.stderr) == (2, "3 cups\n")


@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [
        ("tea_error", "1 / 0", "ZeroDivisionError: division by zero"),
        ("tea_exit", "raise SystemExit('no')", "SystemExit: no"),
        ("tea_needs", "import something_missing", "ModuleNotFoundError: No module named 'something_missing'"),
        ("tea_other", "app = 'not a typer app'", "AttributeError"),
    ],
)
def test_a_broken_package_costs_its_commands_and_one_line_of_help(course, package, name, source, reason):
    package(name, source)
    seen = course("--help")
    assert seen.exit_code == 0
    assert "progress" in seen.stdout
    assert f"The commands of {name} are missing" in seen.stderr
    assert reason in seen.stderr
    assert len(seen.stderr.splitlines()) == 1
    assert course("progress").stderr == "", "only help tells of it"
    asked = course("brew", "3")
    assert asked.exit_code == 2
    assert "There is no command 'brew'" in asked.stderr
    assert reason in asked.stderr


def test_a_package_that_is_not_installed_is_no_news(course, package):
    package("tea_absent", None)
    package("tea_deep", None, value="tea_deep.inner.module:app")
    seen = course("--help")
    assert seen.exit_code == 0
    assert seen.stderr == ""
