"""A source becomes the same notebook every time."""

import nbformat
import pytest

from grader.build.source import read_source, weeks_with_source
from utils.errors import CourseError

from .small_course import EMBEDDINGS, TOKENS, VECTORS, replace_in, source_of


def test_the_weeks_with_a_source_come_in_order(course):
    assert weeks_with_source(course) == [VECTORS, TOKENS, EMBEDDINGS]


def test_reading_twice_gives_the_same_notebook(course):
    assert read_source(course, VECTORS).notebook == read_source(course, VECTORS).notebook


def test_cell_ids_come_from_names_and_first_words(course):
    ids = [cell.id for cell in read_source(course, VECTORS).notebook.cells]
    assert {"dot-product", "check-dot-product", "text-exercise-1-the-dot-product"} <= set(ids)
    assert len(set(ids)) == len(ids)


def test_a_new_cell_changes_no_other_cells_id(course):
    before = [cell.id for cell in read_source(course, VECTORS).notebook.cells]
    replace_in(source_of(course, VECTORS), "## A first look\n", "## A first look\n\n# %% [markdown]\n# New\n")
    after = [cell.id for cell in read_source(course, VECTORS).notebook.cells]
    assert [each for each in after if each != "text-new"] == before


def test_cells_that_begin_alike_get_different_ids(course):
    path = source_of(course, VECTORS)
    path.write_text(path.read_text() + "\n# %% [markdown]\n# ## A first look\n" * 2)
    ids = [cell.id for cell in read_source(course, VECTORS).notebook.cells]
    assert ids[-2:] == ["text-a-first-look-2", "text-a-first-look-3"]


def test_the_notebook_is_valid_and_runs_on_any_python_kernel(course):
    notebook = read_source(course, VECTORS).notebook
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "jupytext" not in notebook.metadata


def test_a_week_may_have_parts_only(course):
    assert read_source(course, TOKENS).parts_only
    assert not read_source(course, VECTORS).parts_only


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"print(1)\n", "holds no cells"),
        (b"\xff\xfe not text", "cannot be read"),
        (b"# ---\n# jupyter:\n#   kernelspec: 3\n# ---\n\n# %%\n1\n", "no notebook that jupytext can read"),
    ],
)
def test_a_source_that_is_none_is_named_with_the_reason(course, content, complaint):
    source_of(course, VECTORS).write_bytes(content)
    with pytest.raises(CourseError, match=f"solutions/week01_vectors/vectors.py .*{complaint}"):
        read_source(course, VECTORS)


def test_a_missing_source_is_named(course):
    source_of(course, VECTORS).unlink()
    with pytest.raises(CourseError, match=r"Week 1 has no source yet: solutions/week01_vectors/vectors\.py"):
        read_source(course, VECTORS)
