"""What a week's grade rests on: all of it counts, and nothing else does."""

import importlib.metadata
import json
import subprocess
import sys
from contextlib import contextmanager

import pytest

from grader import week_dependencies as dependencies
from grader.build.source import read_source
from grader.sandbox import check_modules
from grader.week_dependencies import ROOT, imported_modules, names_imported, week_dependencies, week_of
from utils.weeks import WEEKS, find_week

from .copied_course import append, copy_of_the_course

FIVE = find_week(5).folder
every_week = pytest.mark.parametrize("week", [week.folder for week in WEEKS])


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return copy_of_the_course(tmp_path_factory.mktemp("copy"))


@contextmanager
def changed(path):
    """The file with a line more, which no reader of Python minds; afterwards as it was."""
    before = path.read_bytes()
    append(path, "\n# a change\n")
    try:
        yield
    finally:
        path.write_bytes(before)


def names_in(week, copy):
    """The files that the week rests on, by their paths in the course."""
    found = week_dependencies(week, copy)
    return {path.relative_to(copy).as_posix() for path in (*found.modules.values(), *found.data.values())}


def test_every_file_that_a_grade_rests_on_counts(copy):
    before = week_dependencies(FIVE, copy).digest()
    kept = []
    for name in sorted(names_in(FIVE, copy)):
        with changed(copy / name):
            kept += [name] if week_dependencies(FIVE, copy).digest() == before else []
    assert kept == []
    assert week_dependencies(FIVE, copy).digest() == before


COUNT_IN_EVERY_WEEK = {
    "grader/notebook/cells.py",
    "grader/notebook/imports.py",
    "grader/sandbox/seccomp.py",
    "grader/kernels/fork_server.py",
    "grader/gradebook/nbgrader_rows.py",
    "utils/reference/_reference.py",
    "utils/reference/storyteller/model.safetensors",
    "utils/reference/storyteller/vocab.json",
    "utils/reference/storyteller/merges.txt",
    "utils/reference/storyteller/config.json",
    "utils/tokens.py",
    "utils/training/rows.py",
    "utils/story_world/_grammar.py",
    "utils/checks/engine/check.py",
    "utils/answers/compare.py",
}


@every_week
def test_what_all_weeks_share_counts_in_every_week(week):
    assert COUNT_IN_EVERY_WEEK - names_in(week, ROOT) == set()


@pytest.mark.parametrize("week", [FIVE, find_week(9).folder])
def test_pictures_documents_and_other_weeks_do_not_count(copy, week):
    rests_on = names_in(week, copy)
    before = week_dependencies(week, copy).digest()
    others = [
        path
        for path in copy.rglob("*")
        if path.is_file() and path.relative_to(copy).as_posix() not in rests_on
    ]
    names = {path.relative_to(copy).as_posix() for path in others}
    assert {
        "utils/pictures/heatmap.py",
        "utils/quiz.py",
        "utils/reference/storyteller/README.md",
        "utils/reference/storyteller/SHA256SUMS",
        "grader/README.md",
        "grader/tools/status/readme.py",
    } <= names
    # `course check` alone reads the first: a class is graded by the notebook that the gradebook has released.
    # The second explains failed checks in a notebook.
    not_graded = {f"utils/notebook/releases/{week}.ipynb", f"utils/answers/{week}/steps.json"}
    assert {name for name in names if name.startswith("utils") and week in name} == not_graded
    was = {path: path.read_bytes() for path in others}
    try:
        for path in others:
            append(path, "\n# a change\n")
        assert week_dependencies(week, copy).digest() == before
    finally:
        for path, content in was.items():
            path.write_bytes(content)


def test_a_new_module_in_grading_counts(copy):
    before = week_dependencies(FIVE, copy).digest()
    new = copy / "grader/autograde/new_rule.py"
    new.write_text("")
    try:
        assert week_dependencies(FIVE, copy).digest() != before
    finally:
        new.unlink()


@pytest.fixture
def asked_anew():
    dependencies.library_versions.cache_clear()
    yield
    dependencies.library_versions.cache_clear()


@pytest.mark.parametrize("library", dependencies.LIBRARIES)
def test_another_version_of_a_library_counts(monkeypatch, asked_anew, library):
    before = week_dependencies(FIVE).digest()
    dependencies.library_versions.cache_clear()
    real = importlib.metadata.version
    monkeypatch.setattr(dependencies, "version", lambda name: "0.0.1" if name == library else real(name))
    assert week_dependencies(FIVE).digest() != before


def test_another_python_counts_and_another_build_does_not(monkeypatch, asked_anew):
    before = week_dependencies(FIVE).digest()
    real = importlib.metadata.version
    dependencies.library_versions.cache_clear()
    monkeypatch.setattr(dependencies, "version", lambda name: real(name).partition("+")[0] + "+cu999")
    assert week_dependencies(FIVE).digest() == before
    dependencies.library_versions.cache_clear()
    monkeypatch.setattr(dependencies.sys, "version_info", (3, 99, 0))
    assert week_dependencies(FIVE).digest() != before


def test_a_library_that_is_not_installed_is_none(monkeypatch, asked_anew):
    monkeypatch.setattr(dependencies, "LIBRARIES", ("no-such-library-at-all",))
    assert dependencies.library_versions()["no-such-library-at-all"] == "none"


@every_week
def test_all_libraries_that_grading_imports_are_listed(week):
    of = importlib.metadata.packages_distributions()
    modules = week_dependencies(week).modules.values()
    imported = {name.partition(".")[0] for path in modules for name in names_imported(path.read_bytes())}
    others = imported - {"utils", "grader"} - sys.stdlib_module_names
    known = {name.lower() for name in dependencies.LIBRARIES}
    assert [
        name for name in others if not {each.lower().replace("_", "-") for each in of[name]} & known
    ] == []


@pytest.mark.parametrize("week", WEEKS, ids=lambda week: week.folder)
def test_what_a_notebook_imports_counts_or_is_no_part_of_points(week):
    code = read_source(ROOT, week).notebook.cells
    source = "\n".join(
        line for cell in code for line in cell.source.split("\n") if line.startswith(("from u", "import u"))
    )
    counted = week_dependencies(week.folder).modules
    missing = set(imported_modules(names_imported(source.encode()))) - set(counted)
    assert {name for name in missing if not name.startswith(dependencies._NOT_GRADED)} == set()


LOADED = """
import json, sys
from grader.class_run import worker_task
from grader.gradebook import writer
from grader.autograde import grade
from grader.autograde.check_session import CheckSessions
from utils.answers.judge import answer_keys_of

week = sys.argv[1]
session = CheckSessions().session(1)
for answer_key in answer_keys_of(week).values():
    check_run = session.open(week, answer_key.check.name)
    while (inputs := check_run.next_case()) is not None:
        check_run.submit(answer_key.check.observe(None, inputs))
    check_run.report()
print(json.dumps([name for name in sys.modules if name.startswith(("utils", "grader"))]))
"""


@pytest.mark.parametrize(
    "week",
    [pytest.param(week.folder, marks=[] if week.number == 5 else pytest.mark.slow) for week in WEEKS],
)
def test_all_that_judging_a_week_loads_counts(week):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, week], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert len(loaded) > 50
    assert loaded - set(week_dependencies(week).modules) == set()


@pytest.mark.parametrize(
    ("module", "week"),
    [
        ("utils.checks.week05_attention", FIVE),
        ("utils.answers.week05_attention.causal_mask", FIVE),
        ("utils.checks.engine.check", ""),
        ("utils.checks.week05_attention_more", "week05_attention_more"),
        ("utils.weeks", ""),
    ],
)
def test_a_modules_week(module, week):
    assert week_of(module) == week


def test_an_import_inside_a_function_counts(tmp_path):
    (tmp_path / "utils").mkdir()
    for name, code in {
        "__init__": "",
        "a": "def f():\n    from utils import b",
        "b": "import utils.c as d, os",
        "c": "from utils.a import f\nfrom .e import g\nfrom . import h",
        "e": "",
        "h": "",
        "i": "",
    }.items():
        (tmp_path / "utils" / f"{name}.py").write_text(code)
    assert set(imported_modules(["utils.a"], tmp_path)) == {
        "utils",
        *(f"utils.{letter}" for letter in "abceh"),
    }


def test_a_week_sees_its_checks_and_what_they_are_made_of():
    seen = check_modules.needed(["utils.checks.week05_attention"], [])
    assert {"utils.checks", "utils.checks.engine.check", "utils.checks.week05_attention"} <= seen
    assert not [name for name in seen if week_of(name) not in ("", FIVE)]
    assert set(check_modules.others(seen)) & seen == set()
