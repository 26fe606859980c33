"""`parts.py`: the earlier weeks' parts, official, importable on their own, in the house's style."""

import importlib.util
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from grader.build.parts import write_parts
from grader.build.source import Source, read_source
from grader.notebook.imports import Import, imports_of, write_imports
from utils.errors import CourseError

from .small_course import EMBEDDINGS, REPOSITORY, TOKENS, VECTORS, replace_in, source_of


def earlier(course: Path) -> list[Source]:
    return [read_source(course, week) for week in (VECTORS, TOKENS)]


def load(path: Path) -> ModuleType:
    """The module at `path`, by no name that another import could have."""
    spec = importlib.util.spec_from_file_location("parts_under_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ruff(*arguments: str) -> subprocess.CompletedProcess:
    """ruff with the repository's settings."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        *arguments,
        "--no-cache",
        f"--config={REPOSITORY / 'pyproject.toml'}",
    ]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_parts_of_all_earlier_weeks_work(built):
    parts = load(built / "course" / EMBEDDINGS.folder / "parts.py")
    assert parts.most_frequent_pair("abcab") == ("a", "b")
    assert parts.squared([3.0, 4.0]) == 25.0
    assert parts.Pairs("aab").counted_neighbours == Counter({("a", "a"): 1, ("a", "b"): 1})


def test_all_lists_the_public_names_and_no_others(built):
    parts = load(built / "course" / EMBEDDINGS.folder / "parts.py")
    assert parts.__all__ == ["Pairs", "dot_product", "length", "most_frequent_pair", "squared"]


def test_it_imports_what_the_parts_need_and_nothing_else(built):
    imports = imports_of((built / "course" / EMBEDDINGS.folder / "parts.py").read_text())
    assert {each.bound for each in imports} == {"math", "Tally", "pairwise"}


def test_it_says_where_it_comes_from_and_how_to_use_ones_own(built):
    text = (built / "course" / EMBEDDINGS.folder / "parts.py").read_text()
    assert "parts from weeks 1 and 2: what week 3 builds on" in text
    assert "from utils.own_parts import squared" in text
    assert text.index("# Week 1: ") < text.index("def dot_product") < text.index("# Week 2: ")


def test_it_holds_no_solution_marks_and_no_exercise_without_the_tag(built):
    text = (built / "course" / EMBEDDINGS.folder / "parts.py").read_text()
    assert "SOLUTION" not in text
    assert "largest_place" not in text


def test_it_is_in_the_houses_style(built, tmp_path):
    generated = built / "course" / EMBEDDINGS.folder / "parts.py"
    copy = tmp_path / "elsewhere" / "parts.py"  # The settings leave out folders named course.
    copy.parent.mkdir()
    copy.write_bytes(generated.read_bytes())
    assert ruff("format", "--check", str(copy)).returncode == 0
    assert ruff("check", str(copy)).stdout.strip() == "All checks passed!"


def test_the_first_week_has_none(built):
    assert sorted(path.name for path in (built / "course" / VECTORS.folder).iterdir()) == ["vectors.ipynb"]


def test_a_name_that_nobody_imports_is_named(course):
    replace_in(source_of(course, VECTORS), "import math\n", "")
    with pytest.raises(CourseError, match=r"vectors\.py: a part uses math, which no set-up cell imports"):
        write_parts(EMBEDDINGS, earlier(course))


def test_one_part_is_not_defined_by_two_weeks(course):
    replace_in(source_of(course, TOKENS), "def squared(vector)", "def length(vector)")
    with pytest.raises(CourseError, match=r"tokens\.py: the part length is also one of .*vectors\.py"):
        write_parts(EMBEDDINGS, earlier(course))


def test_one_name_is_not_imported_as_two_things(course):
    path = source_of(course, TOKENS)
    replace_in(path, "from itertools import pairwise", "import cmath as math\nfrom itertools import pairwise")
    replace_in(path, "return dot_product(vector, vector)", "return math.sqrt(dot_product(vector, vector))")
    with pytest.raises(CourseError, match=r"tokens\.py: math is another import here"):
        write_parts(EMBEDDINGS, earlier(course))


def test_imports_come_in_the_order_that_ruff_wants(tmp_path):
    code = (
        "from torch import nn, Tensor, OMP\nimport utils.weeks as weeks\nimport torch.nn.functional as F\n"
        "import torch\nfrom torch import arange as positions\nimport math\nfrom collections import Counter\n"
        f"from einops import {', '.join(f'rearrange_number_{number}' for number in range(12))}\n"
    )
    path = tmp_path / "imports.py"
    path.write_text(write_imports(imports_of(code)) + "\n")
    assert ruff("check", "--select=I", str(path)).stdout.strip() == "All checks passed!"
    assert ruff("format", "--check", str(path)).returncode == 0
    assert set(imports_of(path.read_text())) == set(imports_of(code))


@pytest.mark.parametrize(
    ("one", "bound"),
    [
        (Import("torch.nn", None, None), "torch"),
        (Import("torch.nn", None, "layers"), "layers"),
        (Import("torch", "nn", None), "nn"),
        (Import("torch", "nn", "layers"), "layers"),
    ],
)
def test_an_import_binds_the_name_that_python_binds(one, bound):
    assert one.bound == bound
