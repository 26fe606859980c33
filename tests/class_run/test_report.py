"""`course report`: figures of a class, and a CSV file that no name can break."""

import csv
import io
import re

import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from traitlets.utils.importstring import import_item

from grader.autograde.task import DelegationSign
from grader.build.release import load_config
from grader.command_line import report
from grader.gradebook.results import StudentResult
from grader.notebook.exercises import Exercise
from grader.report.csv_file import csv_text, safe, write_csv
from grader.report.figures import common_mistakes, delegation, exercise_figures, oddities
from utils.errors import CourseError
from utils.self_check.result import CheckRow

from .small_class import ADDS, HALF, PERFECT, WEEK, SmallClass

EXERCISES = [
    Exercise("check_mask", "core", 60),
    Exercise("=cmd()", "core", 40),
    Exercise("words", "written", 10),
]


def result(student: str, points: tuple[float, float], mistakes=None, **more) -> StudentResult:
    """A student's result; an exercise without points was not written."""
    rows = [
        CheckRow(
            each.name,
            each.kind,
            got,
            each.out_of,
            "✓" if got == each.out_of else "○",
            "" if got else UNWRITTEN,
        )
        for each, got in zip(EXERCISES, points, strict=False)
    ]
    words = CheckRow("words", "written", 0, 10, "✎", "waits for a person's grade")
    return StudentResult(student, (*rows, words), mistakes=mistakes or {}, **more)


UNWRITTEN = "not written yet"
CLASS = [
    result("ada", (60, 40)),
    result("eve", (60, 0), {"mask": "hides the past"}, odd=("a copy",)),
    result(
        "kim", (30, 0), {"mask": "hides the past"}, signs=(DelegationSign("mask", 3, "calls nn.Softmax"),)
    ),
    result("leo", (0, 0), {"mask": "no mask"}, signs=(DelegationSign("own cell", 0, "was seen to call it"),)),
    StudentResult("zoe", (), "it is cut off."),
]


def test_figures_of_an_exercise():
    mask, other, words = exercise_figures(EXERCISES, CLASS)
    assert (mask.graded, mask.right, mask.unwritten, mask.points) == (4, 2, 1, 150)
    assert (mask.share_right, mask.mean_points) == (0.5, 37.5)
    assert (other.right, other.unwritten) == (1, 3)
    assert (words.graded, words.share_right, words.mean_points) == (0, 0, 0)


def test_mistakes_are_counted_the_most_common_first():
    assert [(each.name, each.students) for each in common_mistakes(CLASS)] == [
        ("hides the past", ("eve", "kim")),
        ("no mask", ("leo",)),
    ]


def test_signs_have_their_place_and_odd_things_their_student():
    assert [(each.student, each.place, each.what) for each in delegation(CLASS)] == [
        ("kim", "mask, line 3", "calls nn.Softmax"),
        ("leo", "own cell", "was seen to call it"),
    ]
    assert [(each.student, each.what) for each in oddities(CLASS)] == [
        ("eve", "a copy"),
        ("zoe", "not graded: it is cut off."),
    ]


NAMES = [
    "O'Neil, Zoë",
    'She said "no"',
    "two\nlines",
    "two\r\nlines",
    '=HYPERLINK("x")',
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "＝1",
    "；=1",
    ";=1",
    "\u3000=1",
    "李 🙂",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back_from_the_csv_as_it_is_and_is_no_formula(name):
    rows = list(csv.reader(io.StringIO(csv_text(EXERCISES, [result(name, (60, 40))]), newline="")))
    assert len(rows) == 2
    assert rows[1][0] in {name, f"'{name}"}
    assert not rows[1][0].strip().startswith(("=", "+", "-", "@"))
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize("name", ["ada;=1+1", "ada; =1", "ada\t@SUM(A1)", "ada\n=1", "ada\r+1"])
def test_a_field_that_another_country_splits_holds_no_formula(name):
    text = csv_text(EXERCISES, [result(name, (60, 40))])
    for field in re.split(r"[;,\t\r\n]", text):
        assert not field.strip(' "').startswith(("=", "+", "-", "@"))


HOSTILE = {"first_name": "=1+1", "last_name": 'O\'Neil, "Zoë"', "email": "@SUM(A1)"}


@pytest.mark.parametrize("only", [[], ["zoë", "=cmd"]])
def test_nbgraders_export_is_read_as_it_is_and_runs_nothing(small, in_process, only):
    small.hand_in("zoë", PERFECT)
    small.grade()
    config = load_config(small.root)
    plugin = import_item(config.ExportApp.plugin_class)(config=config, student=only)
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        gradebook.add_student("=cmd", **HOSTILE)
        gradebook.add_student("ada")
        plugin.export(gradebook)
    content = (small.root / "classroom/grades.csv").read_bytes()
    assert content.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    by_student = {row["student_id"]: row for row in rows}
    assert set(by_student) == {"zoë", "'=cmd", *([] if only else ["ada"])}
    assert (float(by_student["zoë"]["score"]), float(by_student["zoë"]["max_score"])) == (107, 117)
    names = [by_student["'=cmd"][name] for name in HOSTILE]
    assert names == ["'=1+1", 'O\'Neil, "Zoë"', "'@SUM(A1)"]


def test_exercises_names_are_no_formulas_either():
    header = next(csv.reader(io.StringIO(csv_text(EXERCISES, CLASS))))
    assert "'=cmd()" in header
    assert safe("plain") == "plain"


def test_the_csv_has_points_and_what_is_to_be_said():
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(csv_text(EXERCISES, CLASS)))}
    ada, kim, zoe = rows["ada"], rows["kim"], rows["zoe"]
    assert [float(ada[name]) for name in ("core", "stretch", "written", "total", "mask")] == [
        100,
        0,
        0,
        100,
        60,
    ]
    assert kim["mistakes"] == "mask: hides the past"
    assert kim["ready-made"] == "mask, line 3: calls nn.Softmax"
    assert (zoe["core"], zoe["total"], zoe["not graded"]) == ("", "", "it is cut off.")


def test_a_penalty_is_taken_off_the_total_and_never_goes_below_0():
    late = [result("ada", (60, 0), penalty=10.0), result("eve", (60, 0), penalty=99.0)]
    rows = list(csv.DictReader(io.StringIO(csv_text(EXERCISES, late))))
    assert [float(row["total"]) for row in rows] == [50, 0]


def test_an_earlier_table_is_replaced_and_no_other_file(tmp_path):
    path = tmp_path / "grades.csv"
    write_csv(path, csv_text(EXERCISES, CLASS[:1]))
    write_csv(path, csv_text(EXERCISES, CLASS))
    assert path.read_bytes().count(b"\r\n") >= 6
    assert path.stat().st_mode & 0o777 == 0o600
    for content in (b"my notes", b"\xff\xfe", b""):
        other = tmp_path / "notes.txt"
        other.write_bytes(content)
        with pytest.raises(CourseError, match=r"notes\.txt is there already and is no table of grades"):
            write_csv(other, "student,")
        assert other.read_bytes() == content
    with pytest.raises(CourseError, match="cannot be written"):
        write_csv(tmp_path / "nowhere/grades.csv", "student,")
    assert [each.name for each in sorted(tmp_path.iterdir())] == ["grades.csv", "notes.txt"]


@pytest.fixture
def printed(small: SmallClass, in_process, monkeypatch, tmp_path) -> str:
    """The report on a small class."""
    for student, answers in {"ada": PERFECT, "eve": ADDS, "kim": {**HALF, "length": "by hypot"}}.items():
        small.hand_in(student, answers)
    small.hand_in("zoe [bold]", b"{")
    small.grade()
    monkeypatch.chdir(small.root)
    console = Console(file=io.StringIO(), width=120, highlight=False)
    report.run(WEEK, tmp_path / "grades.csv", console)
    return console.file.getvalue()


def test_the_report_has_all_of_its_parts(printed, tmp_path):
    for text in (
        "│ eve        │    40 │",
        "│ dot_product       │ core    │   67% │",
        "│        1 │ dot_product │ adds instead of multiplying │ eve │",
        "│ kim     │ length, line 2 │ calls math.hypot │",
        "│ zoe [bold] │ not graded: The submitted file is not a notebook. │",
        "Layers in force: reading alone.",
    ):
        assert text in printed, printed
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["student"] for row in csv.DictReader(file)] == ["ada", "eve", "kim", "zoe [bold]"]


def test_nothing_to_report_is_said(small, monkeypatch):
    monkeypatch.chdir(small.root)
    with pytest.raises(CourseError, match="Nobody has handed in week 1"):
        report.run(WEEK)
