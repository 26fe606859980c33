"""Tasks: a person grades what the student writes below them, by a scheme that no student sees."""

import nbformat
import pytest

from grader.build.build import make, make_all, summary
from grader.build.install import write
from grader.build.source import read_source
from grader.build.validate import validate_source
from grader.notebook.cells import grade_id, is_task
from grader.notebook.exercises import read_exercises
from utils.errors import CourseError

from .small_course import VECTORS, replace_in, source_of

SCHEME = "15 for three experiments, 5 for the conclusion."
TASK = f"""
# %% [markdown] nbgrader={{"grade": false, "grade_id": "capstone", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": true}}
# ## Capstone
#
# Explain one behaviour, below this cell.
#
# ### BEGIN MARK SCHEME
# {SCHEME}
# ### END MARK SCHEME
"""  # noqa: E501
AFTER = """
# %% [markdown]
# The end.
"""


@pytest.fixture
def with_task(course):
    path = source_of(course, VECTORS)
    path.write_text(path.read_text(encoding="utf-8") + TASK, encoding="utf-8")
    return course


def notebook_at(path):
    return nbformat.read(path, as_version=4)


def test_students_get_the_task_and_not_the_scheme(with_task):
    write(with_task, make_all(with_task))
    folder = f"{VECTORS.folder}/{VECTORS.notebook}.ipynb"
    released = notebook_at(with_task / "course" / folder).cells[-1]
    assert grade_id(released) == "capstone"
    assert "Explain one behaviour" in released.source
    assert "SCHEME" not in released.source
    assert SCHEME not in (with_task / "course" / folder).read_text(encoding="utf-8")
    assert (released.metadata.editable, released.metadata.deletable) == (False, False)
    assert SCHEME in notebook_at(with_task / "solutions" / folder).cells[-1].source


def test_its_points_are_counted_as_written(with_task):
    write(with_task, make_all(with_task))
    assert summary(make(with_task, VECTORS)).endswith("100 core, 7 stretch, 30 written")
    solutions = with_task / "solutions" / VECTORS.folder / f"{VECTORS.notebook}.ipynb"
    last = read_exercises(solutions)[-1]
    assert (last.name, last.kind, last.out_of) == ("capstone", "written", 20)


def test_an_edited_task_is_found_before_a_build_writes_over_it(with_task):
    write(with_task, make_all(with_task))
    path = with_task / "course" / VECTORS.folder / f"{VECTORS.notebook}.ipynb"
    notebook = notebook_at(path)
    task = next(cell for cell in notebook.cells if is_task(cell))
    task.source = "My own words in the wrong place."
    nbformat.write(notebook, path)
    replace_in(source_of(with_task, VECTORS), "# ## A first look", "# ## A look")
    with pytest.raises(CourseError, match="holds somebody's work in capstone"):
        write(with_task, make_all(with_task))


BREACHES = {
    "no scheme": (
        f"# ### BEGIN MARK SCHEME\n# {SCHEME}\n# ### END MARK SCHEME",
        "#",
        "needs one marking scheme",
    ),
    "a scheme without end": ("# ### END MARK SCHEME\n", "", "needs one marking scheme"),
    "no points": ('"points": 20', '"points": 0', "a whole number above 0, not 0"),
    "not locked": (
        '"capstone", "locked": true',
        '"capstone", "locked": false',
        "metadata of a task must be .*'locked': True",
    ),
    "a check as well": (
        '"grade": false, "grade_id": "capstone"',
        '"grade": true, "grade_id": "capstone"',
        "metadata of a task must be .*'grade': False",
    ),
    "code": (
        '# %% [markdown] nbgrader={"grade": false, "grade_id": "capstone"',
        '# %% tags=["set-up"] nbgrader={"grade": false, "grade_id": "capstone"',
        "a task is a markdown cell",
    ),
    "an old schema": (
        '"points": 20, "schema_version": 3',
        '"points": 20, "schema_version": 2',
        "metadata of a task must be .*'schema_version': 3",
    ),
    "something below it": (
        "# ### END MARK SCHEME\n",
        f"# ### END MARK SCHEME\n{AFTER}",
        r"\(capstone\): a task is the last cell",
    ),
}


def test_the_task_keeps_the_contract(with_task):
    validate_source(read_source(with_task, VECTORS))


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_named_with_its_place(with_task, breach):
    old, new, complaint = BREACHES[breach]
    replace_in(source_of(with_task, VECTORS), old, new)
    with pytest.raises(CourseError, match=rf"solutions/week01_vectors/vectors.py.*{complaint}"):
        validate_source(read_source(with_task, VECTORS))


def test_a_scheme_outside_a_task_is_a_breach(course):
    replace_in(source_of(course, VECTORS), "# ## In your own words", "# ### BEGIN MARK SCHEME\n# All.")
    with pytest.raises(CourseError, match="BEGIN MARK SCHEME stands in a cell that is no task"):
        validate_source(read_source(course, VECTORS))
