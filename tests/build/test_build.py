"""`course/` is what the sources give: the same every time, all or nothing, and over nobody's work."""

import os
from pathlib import Path

import nbformat
import pytest

from grader.build.build import make, make_all, summary
from grader.build.edited import edited_cells
from grader.build.install import out_of_date, write
from grader.build.source import read_source, weeks_with_source
from utils.errors import CourseError

from .small_course import EMBEDDINGS, TOKENS, VECTORS, replace_in, source_of

NOTEBOOK = Path("course") / VECTORS.folder / "vectors.ipynb"
SOLUTIONS = Path("solutions") / VECTORS.folder / "vectors.ipynb"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def answer(path: Path, grade_id: str, code: str) -> None:
    """Writes an answer into a notebook as a student does."""
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (
        each for each in notebook.cells if each.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )
    cell.source = code
    nbformat.write(notebook, path)


def test_a_build_makes_notebooks_and_parts_and_nothing_else(built):
    assert sorted(everything(built / "course")) == [
        "week01_vectors/vectors.ipynb",
        "week03_embeddings/embeddings.ipynb",
        "week03_embeddings/parts.py",
    ]
    assert {"week01_vectors/vectors.ipynb", "week03_embeddings/parts.py"} <= set(
        everything(built / "solutions")
    )


def test_every_week_is_read_once(built, monkeypatch):
    read = []
    monkeypatch.setattr(
        "grader.build.build.read_source", lambda root, week: read.append(week) or read_source(root, week)
    )
    make_all(built)
    assert read == weeks_with_source(built)


def test_what_was_read_is_left_as_it_was(built):
    (made,) = make_all(built, [VECTORS])
    assert nbformat.writes(made.source.notebook) == nbformat.writes(read_source(built, VECTORS).notebook)


def test_a_second_build_gives_the_same_bytes_and_changes_nothing(built):
    before = everything(built)
    assert write(built, make_all(built)) == []
    assert everything(built) == before


def test_students_get_stubs_and_no_outputs(built):
    cells = nbformat.read(built / NOTEBOOK, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert sum("raise NotImplementedError()" in cell.source for cell in code) == 3
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert cells[-1].source == "YOUR ANSWER HERE"


def test_building_one_week_leaves_the_others(built):
    before = everything(built / "course")
    replace_in(source_of(built, VECTORS), "# ## A first look", "# ## A look")
    replace_in(source_of(built, EMBEDDINGS), "# # Another small week", "# # Another week")
    write(built, [make(built, EMBEDDINGS)])
    changed = {name for name, content in everything(built / "course").items() if before[name] != content}
    assert changed == {"week03_embeddings/embeddings.ipynb"}


def test_a_new_solution_reaches_later_parts(built):
    replace_in(
        source_of(built, TOKENS),
        "return dot_product(vector, vector)",
        "return 2 * dot_product(vector, vector)",
    )
    changed = write(built, make_all(built))
    assert {path.name for path in changed} == {"parts.py"}


def test_what_was_written_by_hand_stays(built):
    kept = {
        "course/README.md": "read me",
        "course/glossary.md": "terms",
        f"course/{VECTORS.folder}/notes.txt": "mine",
    }
    for name, text in kept.items():
        (built / name).write_text(text)
    replace_in(source_of(built, VECTORS), "# ## A first look", "# ## A look")
    write(built, make_all(built))
    assert {name: (built / name).read_text() for name in kept} == kept


def test_check_names_what_differs_what_is_missing_and_what_has_no_source(built):
    replace_in(built / "course" / EMBEDDINGS.folder / "parts.py", "def squared", "def cubed")
    (built / NOTEBOOK).unlink()
    (built / "course" / VECTORS.folder / "vectors.py").write_text("a careless copy")
    assert out_of_date(built, make_all(built)) == [
        "course/week01_vectors/vectors.ipynb is missing",
        "course/week03_embeddings/parts.py differs from what its source gives",
        "course/week01_vectors/vectors.py comes from no source",
    ]


def test_check_says_nothing_of_a_fresh_build_and_of_jupyters_own_folders(built):
    checkpoint = built / "course" / VECTORS.folder / ".ipynb_checkpoints" / "vectors-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    checkpoint.write_text("{}")
    assert out_of_date(built, make_all(built)) == []


@pytest.mark.parametrize("week", [VECTORS, TOKENS, EMBEDDINGS])
def test_a_broken_source_leaves_everything_as_it_was(built, week):
    before = everything(built / "course")
    text = source_of(built, week).read_text()
    source_of(built, week).write_text(text.replace("    ### END SOLUTION", "", 1))
    with pytest.raises(CourseError, match="do not pair up"):
        write(built, make_all(built))
    assert everything(built / "course") == before


@pytest.mark.parametrize("notebook", [NOTEBOOK, SOLUTIONS])
def test_somebodys_work_is_not_written_over(built, notebook):
    answer(built / notebook, "length", "def length(vector):\n    return 1.0")
    replace_in(source_of(built, VECTORS), '"""The root of', '"""The square root of')
    before = everything(built)
    with pytest.raises(CourseError, match=rf"{notebook} holds somebody's work in length"):
        write(built, make_all(built))
    assert everything(built) == before


def test_unless_it_is_asked_for(built):
    answer(built / NOTEBOOK, "length", "def length(vector):\n    return 1.0")
    assert [path.name for path in write(built, make_all(built), overwrite=True)] == ["vectors.ipynb"]
    assert edited_cells(built / NOTEBOOK) == []


def test_a_notebook_that_was_only_run_is_replaced(built):
    notebook = nbformat.read(built / NOTEBOOK, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="hello")]
    nbformat.write(notebook, built / NOTEBOOK)
    assert [path.name for path in write(built, make_all(built))] == ["vectors.ipynb"]


def test_a_file_that_is_no_notebook_any_more_is_somebodys_work_too(built):
    (built / NOTEBOOK).write_text("<<<<<<< HEAD")
    with pytest.raises(CourseError, match="the whole file"):
        write(built, make_all(built))


@pytest.mark.parametrize("failing", [1, 2])
def test_a_file_that_cannot_be_replaced_leaves_all_as_they_were(built, monkeypatch, failing):
    for week in (VECTORS, EMBEDDINGS):
        replace_in(source_of(built, week), "small week", "tiny week")
    made, before, replace, calls = make_all(built), everything(built), os.replace, []

    def refuse(source, target):
        calls.append(target)
        if len(calls) > failing:
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(
        CourseError, match=r"Nothing was changed: .*\.ipynb cannot be written \(Permission denied\)"
    ):
        write(built, made)
    assert everything(built) == before


def test_a_file_where_a_folder_belongs_is_named(course):
    (course / "course").write_text("in the way")
    with pytest.raises(CourseError, match=r"Nothing was changed: .*course"):
        write(course, make_all(course))
    assert (course / "course").read_text() == "in the way"


def test_the_summary_counts_cells_checks_and_points(course):
    lines = [summary(each) for each in make_all(course)]
    assert lines[0] == "15 cells, 3 checks; points: 100 core, 7 stretch, 10 written"
    assert lines[1] == "parts for later weeks only, no notebook yet"


def test_nothing_to_build_is_said(course):
    for week in (VECTORS, TOKENS, EMBEDDINGS):
        source_of(course, week).unlink()
    with pytest.raises(CourseError, match="holds no source of any week"):
        make_all(course)
