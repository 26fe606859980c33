"""`course check` on notebooks that run: points, marks, reasons and notes, and the stored result."""

import json
import sys

import pytest
from nbformat import v4

from utils.progress import recall
from utils.self_check import check_week
from utils.weeks import find_week

from . import notebooks as make

WEEK = find_week(5)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """The result of a notebook with an exercise of every possible outcome."""
    long_diagnosis = (("mistake", "it hides [the past]"),)
    cells = [
        make.set_up(),
        make.look("unheard_of"),
        make.work("right", "right = 1"),
        make.check("right", make.show("right", True, "6 of 6 cases as GPT-2"), 20),
        make.work("wrong", "wrong = 2"),
        make.check("wrong", make.show("wrong", False, "4 of 6 cases differ", lines=long_diagnosis), 10),
        make.check("told_unwritten", make.show("told_unwritten", False, "nothing yet", written=False), 10),
        make.work("stub", "raise NotImplementedError()"),
        make.check("stub", "stub", 10),
        make.work("slip", "def slip(:\n    pass"),
        make.check("slip", "slip()", 10),
        make.check("asserted", "assert 1 == 2, 'one is\\nnot two'", 10),
        make.check("noisy", "import sys\nprint('careful', file=sys.stderr)", 10),
        make.check("partial", "1.5", 10),
        make.check("too_much", "99", 10),
        make.check("altered", "assert False", 0),
        make.check("extra", "assert True", 7, "stretch"),
        make.check("extra", "assert False", 7, "stretch"),
        make.written("answer", 5, "Because of the mask."),
        make.written("no_answer", 5),
    ]
    cells[15].source = "pass"
    cells[5].metadata.tags.append(
        "skip-execution"
    )  # nbclient's own tag would make this one pass by not running
    path = make.save(WEEK, tmp_path_factory.mktemp("mixed"), *cells)
    before = path.read_bytes()
    result = check_week(WEEK, path)
    assert path.read_bytes() == before
    return result


@pytest.mark.parametrize(
    ("exercise", "points", "out_of", "mark", "reason"),
    [
        ("right", 20, 20, "✓", "6 of 6 cases as GPT-2"),
        ("wrong", 0, 10, "✗", "4 of 6 cases differ: it hides [the past]"),
        ("told_unwritten", 0, 10, "○", "not written yet"),
        ("stub", 0, 10, "○", "not written yet"),
        ("asserted", 0, 10, "✗", "AssertionError: one is"),
        ("noisy", 10, 10, "✓", "ran without an error"),
        ("partial", 1.5, 10, "✗", "ran without an error"),
        ("altered", 0, 0, "✓", "AssertionError"),
        ("extra", 7, 7, "✓", "ran without an error"),
        ("answer", 0, 5, "✎", "graded by a person"),
        ("no_answer", 0, 5, "○", "not written yet"),
    ],
)
def test_each_outcome_has_its_row(mixed, exercise, points, out_of, mark, reason):
    row = next(row for row in mixed.rows if row.exercise == exercise)
    assert (row.points, row.out_of, row.mark, row.reason) == (points, out_of, mark, reason)


def test_a_name_that_is_missing_is_traced_to_the_cell_that_should_define_it(mixed):
    row = next(row for row in mixed.rows if row.exercise == "slip")
    assert row.reason.startswith("cell 10 (slip) raised SyntaxError: ")
    assert row.reason.endswith("(line 1)")


def test_points_that_nbgrader_refuses_are_none(mixed):
    row = next(row for row in mixed.rows if row.exercise == "too_much")
    assert row.points == 0
    assert row.reason.startswith("nbgrader cannot grade what the cell shows: ")


def test_sums_keep_core_stretch_and_written_apart(mixed):
    assert (mixed.points("core"), mixed.out_of("core")) == (31.5, 100)
    assert (mixed.points("stretch"), mixed.out_of("stretch")) == (7, 7)
    assert (mixed.points("written"), mixed.out_of("written")) == (0, 10)


@pytest.mark.parametrize(
    ("below", "mark", "reason"),
    [
        ([], "○", "not written yet"),
        ([v4.new_markdown_cell("  \n")], "○", "not written yet"),
        ([v4.new_markdown_cell("The heads copy."), v4.new_code_cell("1 + 1")], "✎", "graded by a person"),
    ],
)
def test_a_task_is_answered_by_what_stands_below_it(copy, below, mark, reason):
    cells = [make.set_up(), make.check("a", "assert True", 100), make.task("capstone", 30), *below]
    result = check_week(WEEK, make.save(WEEK, copy, *cells))
    row = result.rows[-1]
    assert (row.exercise, row.kind, row.points, row.out_of) == ("capstone", "written", 0, 30)
    assert (row.mark, row.reason) == (mark, reason)
    assert result.notes == ()


def test_notes_say_what_is_odd_about_the_notebook(mixed):
    notes = "\n".join(mixed.notes)
    assert "check_extra is there again in cell 18: cell 17 counts." in notes
    assert "check_altered was changed in cell 16: the released one runs." in notes
    assert "cell 10 (slip) raised SyntaxError" in notes
    assert "unheard_of" not in notes, "a demonstration was run"


def test_what_was_deleted_or_changed_of_the_release_is_there_and_is_noted(copy):
    set_up, deleted = make.set_up("x = 1"), make.check("b", "assert x == 1", 40)
    path = make.save(WEEK, copy, set_up, make.check("a", "assert x == 1", 60), deleted)
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = "x = 1\ny = 2"
    del notebook["cells"][2]
    path.write_text(json.dumps(notebook))
    result = check_week(WEEK, path)
    assert result.points("core") == 100
    assert sorted(result.notes) == [
        "check_b is missing: taken as it was released.",
        "set_up was changed in cell 1: what was added to it runs as a cell of its own.",
    ]


KERNEL = f"""
import os, sys
from pathlib import Path
import parts

assert os.environ["NBGRADER_EXECUTION"] == "validate"
assert os.environ["HF_HUB_OFFLINE"] == "1"
assert sys.executable == {sys.executable!r}
assert Path.cwd() == Path(parts.__file__).parent
assert parts.here
assert "from_start_up" not in globals()
"""


def test_the_kernel_is_this_interpreter_in_the_notebooks_folder(copy, monkeypatch, tmp_path):
    start_up = tmp_path / "ipython" / "profile_default" / "startup"
    start_up.mkdir(parents=True)
    (start_up / "mine.py").write_text("from_start_up = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    spec = {"name": "somebody's own", "display_name": "Python (mine)", "language": "python"}
    path = make.save(WEEK, copy, make.check("kernel", KERNEL, 100), kernelspec=spec)
    (path.parent / "parts.py").write_text("here = True")
    (path.parent / "random.py").write_text("")
    result = check_week(WEEK, path)
    assert [(row.points, row.reason) for row in result.rows] == [(100, "ran without an error")]
    assert result.notes == (f"random.py in {path.parent} hides the module random: rename it.",)


def test_the_command_shows_the_table_and_keeps_the_result(copy, course):
    cells = [
        make.set_up(),
        make.check("a", make.show("a", True, "all as GPT-2"), 100),
        make.written("why", 4),
    ]
    path = make.save(WEEK, copy, *cells)
    seen = course("check", "attention")
    assert seen.exit_code == 0, seen.output
    assert f"Checking {path}" in seen.stdout
    line = next(line for line in seen.stdout.splitlines() if "all as GPT-2" in line)
    assert [part.strip() for part in line.split("│")][1:-1] == [
        "✓",
        "a",
        "100 of 100",
        "core",
        "all as GPT-2",
    ]
    assert "core 100 of 100 · written answer: graded by a person" in seen.stdout
    assert seen.stderr == ""
    records, note = recall()
    assert note == ""
    assert records["week05_attention"].last.exercises == {"a": (100, 100), "why": (0, 4)}


def test_two_written_answers_are_two(copy, course):
    in_words = (make.written("why", 10), make.task("capstone", 30))
    make.save(WEEK, copy, make.set_up(), make.check("a", "assert True", 100), *in_words)
    seen = course("check", "attention")
    assert "core 100 of 100 · 2 written answers: graded by a person" in seen.stdout


def test_a_check_without_points_still_ran_and_details_are_shown_on_request(copy, course, course_home):
    report = make.show("a", False, "2 of 6 cases differ [first]")
    make.save(WEEK, copy, make.set_up(), make.check("a", report, 100))
    course_home.write_text("a file where the folder should be")
    seen = course("check", "5", "--details")
    assert seen.exit_code == 0
    assert seen.stdout.count("2 of 6 cases differ [first]") == 2
    assert "core 0 of 100" in seen.stdout
    assert "Progress was not kept" in seen.stderr
    assert "COURSE_HOME" in seen.stderr


def test_a_notebook_elsewhere_is_checked_where_it_lies_whatever_outputs_it_was_saved_with(course, tmp_path):
    path = make.save(WEEK, tmp_path / "Downloads", make.check("a", "assert True", 100))
    renamed = path.rename(path.parent / "attention (1).ipynb")
    saved = json.loads(renamed.read_text())
    saved["cells"][0]["outputs"] = [{"output_type": "of no known kind"}]
    renamed.write_text(json.dumps(saved))
    seen = course("check", "5", "--notebook", renamed)
    assert seen.exit_code == 0, seen.output
    assert "core 100 of 100" in seen.stdout
    assert json.loads(renamed.read_text()) == saved


PARTS = make.set_up("from parts import here")


def away(tmp_path):
    """A notebook that needs `parts.py` and is outside its week's folder."""
    path = make.save(WEEK, tmp_path / "Downloads", PARTS, make.check("a", "assert here", 100))
    return path.rename(path.parents[1] / path.name)


def test_a_notebook_outside_its_folder_finds_the_weeks_parts(copy, tmp_path):
    make.save(WEEK, copy).with_name("parts.py").write_text("here = True")
    result = check_week(WEEK, away(tmp_path))
    assert (result.points("core"), result.notes) == (100, ())


def test_where_there_are_no_parts_the_first_note_says_what_to_do(copy, tmp_path):
    make.save(WEEK, copy)
    path = away(tmp_path)
    result = check_week(WEEK, path)
    advice = "put the week's parts.py beside the notebook"
    assert result.notes[0] == f"There is no parts.py in {path.parent}: {advice}."
    assert result.rows[0].reason.startswith(
        "cell 1 (set_up) raised ModuleNotFoundError: No module named 'parts'"
    )
    assert result.rows[0].reason.endswith(advice)
