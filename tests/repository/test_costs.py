"""`course status --time`: what a notebook takes is measured cell by cell, with either reference."""

import nbformat
import pytest
from huggingface_hub import constants
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.tools.status.kernel_measures import mapped
from grader.tools.status.measurements import read_measured
from grader.tools.status.notebook_run import run_notebook
from grader.tools.status.timing import references_here, time_weeks
from tests.fake_gpt2 import NARROW, put_fake_in_cache
from utils.errors import CourseError
from utils.weeks import find_week

from .checkout import CHECKOUT

LARGE = 150_000_000


def cell(code, kind, **grading):
    return new_code_cell(code, metadata={"tags": [kind], **({"nbgrader": grading} if grading else {})})


def test_cells_are_timed_by_name_and_the_peak_is_seen_though_it_has_passed(tmp_path):
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# Text"),
            cell(f"large = b'x' * {LARGE}\nn = sum(range(10**7))\ndel large", "set-up", grade_id="a"),
            cell("# Where?\nimport os; print(os.environ['HF_HUB_CACHE'])", "look"),
        ]
    )
    before = nbformat.writes(notebook)
    steps = []
    run = run_notebook(notebook, tmp_path, "storyteller", lambda done, of: steps.append((done, of)))
    assert nbformat.writes(notebook) == before
    assert [(each.number, each.name, each.is_demonstration) for each in run.cells] == [
        (2, "a", False),
        (3, "# Where?", True),
    ]
    assert run.cells[0].seconds > run.cells[1].seconds > 0
    assert LARGE < run.peak_bytes < 10 * LARGE
    assert run.peak_in == run.cells[0]
    assert steps == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_the_storyteller_is_measured_without_a_cached_gpt2(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    same = f"import os; assert os.environ['HF_HUB_CACHE'] == {str(tmp_path / 'hub')!r}"
    notebook = new_notebook(cells=[cell(same, "set-up")])
    run_notebook(notebook, tmp_path, "gpt2")
    with pytest.raises(CourseError, match="does not run with storyteller: AssertionError"):
        run_notebook(notebook, tmp_path, "storyteller")


def test_a_part_of_a_file_that_is_mapped_twice_counts_once():
    head = "{start}-{end} r--p {offset} 08:01 12 {path}\nRss: {rss} kB\nPss: 1 kB\nAnonymous: {own} kB\n"
    parts = [
        head.format(start="10", end="20", offset="0000", path="/w eights", rss=400, own=0),
        head.format(start="30", end="40", offset="0000", path="/w eights", rss=300, own=0),
        head.format(start="50", end="60", offset="1000", path="/w eights", rss=50, own=20),
        head.format(start="70", end="80", offset="0000", path="[heap]", rss=900, own=0),
        "90-a0 rw-p 0000 00:00 0\nRss: 70 kB\nAnonymous: 70 kB\n",
    ]
    assert mapped("".join(parts)) == 1024 * (400 + 30)


@pytest.mark.slow
def test_a_week_is_measured_with_both_references_and_its_check(tmp_path, monkeypatch):
    """With a narrow fake in the cache; at true size, `course status --time` does the same by hand."""
    cache, path, said = tmp_path / "hub", tmp_path / "run_times.json", []
    put_fake_in_cache(cache, NARROW)
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    week = find_week(4)
    time_weeks(CHECKOUT, [week], lambda *found: said.append(found[1]), references_here(), path)
    assert said == ["storyteller", "gpt2", "check"]
    found = read_measured(path)[week.folder]
    assert found.storyteller is not None
    assert found.gpt2 is not None
    assert found.check is not None
    for cost in (found.storyteller, found.gpt2):
        assert cost.seconds > 0
        assert cost.demonstrations > 0
        assert [each.seconds for each in cost.slowest] == sorted(
            (each.seconds for each in cost.slowest), reverse=True
        )
    # The narrow model is less wide than the storyteller and has more layers; both have PyTorch in memory.
    assert min(found.storyteller.megabytes, found.gpt2.megabytes, found.check.megabytes) > 200


def test_gpt2_is_measured_only_where_it_is_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert references_here() == ("storyteller",)
