"""An instructor's term: every command of the handbook, in its order, leaves what the handbook promises."""

import csv
import os
import pickle
import re
import traceback
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from autograde import week05
from autograde.week05 import FULL
from class_run.postgresql import Server, postgresql
from filelock import FileLock
from repository.checkout import CHECKOUT

from .handbook import COMMANDS, HANDBOOK
from .term import EXCHANGED, WEEK, Done, Term

pytestmark = pytest.mark.slow

CLASS = {"ada", "eve", EXCHANGED}
ELSEWHERE = {
    "make demo": ("@$(IN_VENV) course demo", "tests/end_to_end/test_demo_command.py", 'app, ["demo", "1"]'),
    "make lab": ("@exec $(LAB)", "tests/repository/test_lab.py", '"lab", "SET_UP=:"'),
    "make bench": (
        '"$(BIN)/python" -m grader.tools.bench',
        "tests/end_to_end/test_bench.py",
        '"-m", "grader.tools.bench"',
    ),
}
"""Commands that other tests run: what the Makefile does for each, and a test that does it, with the call."""


@dataclass(frozen=True)
class Step:
    """One command of the term."""

    command: str
    left: Callable[[Term, str], None]
    """Makes sure of what the handbook promises, given what the command printed."""
    before: Callable[[Term], None] = lambda term: None
    """What somebody does by hand before it."""


def activated(term, printed):
    assert printed == ""
    done = term.run("source .venv/bin/activate && command -v python")
    assert done.printed.strip() == str(term.folder / ".venv/bin/python")


def make_an_environment(term):
    venv.create(term.folder / ".venv", symlinks=os.name == "posix")


def built(term, printed):
    assert len(list((term.folder / "solutions").glob("week*/*.ipynb"))) == 12


def is_in_the_gradebook(term, printed):
    with term.gradebook() as book:
        (notebook,) = book.find_assignment(WEEK.folder).notebooks
        assert notebook.max_score == week05.FULL + week05.worth("written")
        assert len(notebook.grade_cells) == len(week05.exercises())


def is_due(term, printed):
    with term.gradebook() as book:
        assert f"{book.find_assignment(WEEK.folder).duedate}" == "2026-03-06 18:00:00"
    is_in_the_gradebook(term, printed)


def bundled(term, printed):
    names = zipfile.ZipFile(term.folder / "weeks-1-to-5.zip").namelist()
    paths = [Path(name) for name in names if name.endswith(".ipynb")]
    weeks = [f"week0{number}" for number in range(1, 6)]
    assert sorted(path.parent.name[:6] for path in paths if "course" in path.parts) == weeks
    assert sorted(path.stem[:6] for path in paths if path.parent.name == "releases") == weeks
    assert not [name for name in names if "/solutions/" in name or "/grader/" in name]


def released(term, printed):
    assert (term.place("exchange") / f"gpt2/outbound/{WEEK.folder}/attention.ipynb").is_file()


def listed(term, printed):
    assert WEEK.folder in printed


def passes(term, printed):
    assert "Success! Your notebook passes all the tests." in printed


def zip_collected(term, printed):
    submitted = term.place("submitted").glob(f"*/{WEEK.folder}/attention.ipynb")
    assert {path.parents[1].name for path in submitted} == {"ada", "eve"}


def collected(term, printed):
    assert term.classroom.students(WEEK) == sorted(CLASS)


def graded(term, printed):
    assert "3 graded." in printed
    assert "Layers in force: " in printed
    points = term.points()
    assert points["ada"] == 100
    assert 0 < points[EXCHANGED] < 100
    assert points["eve"] < 50
    assert {"attention_scores", "causal_mask"} <= set(term.result("eve").mistakes)
    assert term.result("ada").points("stretch") == week05.worth("stretch")
    assert (term.place("secret").stat().st_mode & 0o777) == 0o600
    assert (term.place(f"autograded/ada/{WEEK.folder}/attention.ipynb")).is_file()


def only_ada(term, printed):
    assert "1 unchanged." in printed
    assert "eve" not in printed


def graded_by_nbgrader(term, printed):
    assert "Layers in force: " in printed
    assert term.result("ada").points("core") == 100


def reported(term, printed):
    assert all(student in printed for student in CLASS)
    assert "causal_mask" in printed


def written_as_a_table(term, printed):
    with (term.folder / "week5.csv").open(encoding="utf-8-sig") as file:
        table = {row["student"]: row for row in csv.DictReader(file)}
    assert set(table) == CLASS
    assert float(table["ada"]["core"]) == 100


def grade_by_hand_and_set_policy(term):
    term.grade_by_hand()
    term.set_policy()


def costs_a_fifth(term, printed):
    assert term.result("ada").penalty == pytest.approx((FULL + 8) / 5)
    assert term.result("ada").points("written") == 8


def extended(term, printed):
    assert "ada has time until 2026-03-08 18:00 UTC" in printed


def costs_nothing(term, printed):
    assert "1 graded, 2 unchanged." in printed
    assert term.result("ada").penalty == 0
    assert term.result("ada").points("written") == 8


def has_feedback(term, printed):
    for student in CLASS:
        page = term.place(f"feedback/{student}/{WEEK.folder}/attention.html").read_text(encoding="utf-8")
        assert 'data-check="causal_mask"' in page


def can_be_fetched(term, printed):
    term.student_does(f"nbgrader fetch_feedback {WEEK.folder}")
    (page,) = (term.student / WEEK.folder / "feedback").rglob("attention.html")
    assert "not written yet" in page.read_text(encoding="utf-8")


def exported(term, printed):
    with term.place("grades.csv").open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores["ada"] == FULL + 8
    assert set(scores) == CLASS


def is_written_anew(term, printed):
    assert f"written  course/{WEEK.folder}/attention.ipynb" in printed


def has_other_points(term, printed):
    with term.gradebook() as book:
        book_has = {
            cell.name: cell.max_score for cell in book.find_notebook("attention", WEEK.folder).grade_cells
        }
    assert (book_has["check_causal_mask"], book_has["check_weighted_values"]) == (14, 12)
    is_due(term, printed)


def what_a_person_gave_stays(term, printed):
    assert "3 graded." in printed
    ada = term.result("ada")
    assert (ada.points("core"), ada.points("written"), ada.penalty) == (100, 8, 0)
    assert {row.exercise: row.out_of for row in ada.rows}["causal_mask"] == 14


def nothing_is_written(term, printed):
    assert "up to date" in printed


def is_what_the_sources_give(term, printed):
    assert "course/ is what the sources give." in printed


def nothing_to_see(term, printed):
    assert printed == ""


def is_a_gradebook(term, printed):
    """The address in the handbook, but for the folder, opens the database; nbgrader makes its tables."""
    (address,) = re.findall(r'c\.CourseDirectory\.db_url = "(postgresql.+)"', HANDBOOK)
    address, _, folder = address.partition("?host=")
    assert folder == "/var/run/postgresql"
    url = f"{address}?host={term.environment['PGHOST']}"
    done = term.run(f"nbgrader db student list '--CourseDirectory.db_url={url}'")
    assert "There are 0 students in the database" in done.printed


TERM = [
    Step("source .venv/bin/activate", activated, before=make_an_environment),
    Step("course build", built),
    Step("nbgrader generate_assignment week05_attention --force", is_in_the_gradebook),
    Step('nbgrader db assignment add week05_attention --duedate="2026-03-06 18:00 UTC"', is_due),
    Step("course bundle 1 2 3 4 5 --output weeks-1-to-5.zip", bundled),
    Step("nbgrader release_assignment week05_attention", released),
    Step("nbgrader list", listed),
    Step("nbgrader validate solutions/week05_attention/attention.ipynb", passes),
    Step("nbgrader zip_collect week05_attention", zip_collected, before=Term.put_download),
    Step("nbgrader collect week05_attention", collected, before=Term.hand_in_through_the_exchange),
    Step("course grade 5", graded, before=Term.note_when_ada_handed_in),
    Step("course grade 5 --student ada", only_ada),
    Step("nbgrader autograde week05_attention --student=ada --force", graded_by_nbgrader),
    Step("course report 5", reported),
    Step("course report 5 --csv week5.csv", written_as_a_table),
    Step("course grade 5", costs_a_fifth, before=grade_by_hand_and_set_policy),
    Step("course extend 5 ada --days 2", extended),
    Step("course grade 5", costs_nothing),
    Step("nbgrader generate_feedback week05_attention", has_feedback),
    Step(
        "nbgrader release_feedback week05_attention --CourseDirectory.student_id_exclude=ada,eve",
        can_be_fetched,
    ),
    Step("nbgrader export", exported),
    Step("course build attention", is_written_anew, before=Term.change_points),
    Step("nbgrader generate_assignment week05_attention --force", has_other_points),
    Step("course grade 5", what_a_person_gave_stays),
    Step("nbgrader generate_feedback week05_attention --force", has_feedback),
    Step("createuser instructor", nothing_to_see),
    Step("createdb --owner=instructor gradebook", is_a_gradebook),
    Step("course build attention", nothing_is_written),
    Step("course build --check", is_what_the_sources_give),
]


@pytest.fixture(scope="session")
def term(shared: Path) -> list[tuple[Done, str]]:
    """For each step, what came of it, and what was not as promised. One worker has the term for all."""
    kept = shared / "term.pickle"
    with FileLock(kept.with_suffix(".once")):
        if not kept.is_file():
            with postgresql() as server:
                kept.write_bytes(pickle.dumps(whole_term(shared / "term", server)))
        return pickle.loads(kept.read_bytes())


def whole_term(place: Path, server: Server) -> list[tuple[Done, str]]:
    """Types every command."""
    term = Term.begin(place)
    term.environment.update({"PGHOST": str(server.folder), "PGUSER": "grader", "PGDATABASE": "postgres"})
    return [typed(term, step) for step in TERM]


def typed(term: Term, step: Step) -> tuple[Done, str]:
    done = Done(-1, "")
    try:
        step.before(term)
        done = term.run(step.command)
        step.left(term, done.printed)
    except Exception:
        return done, traceback.format_exc()
    return done, ""


NUMBERED = pytest.mark.parametrize("number", range(len(TERM)), ids=lambda number: TERM[number].command)


@NUMBERED
def test_the_command_ends_well(term, number):
    done, _ = term[number]
    assert done.code == 0, done.printed


@NUMBERED
def test_it_leaves_what_the_handbook_says(term, number):
    done, broken_promise = term[number]
    assert broken_promise == "", done.printed


def test_every_command_of_the_handbook_is_typed_in_its_order():
    assert [step.command for step in TERM] == [line for line in COMMANDS if line not in ELSEWHERE]


@pytest.mark.parametrize("command", ELSEWHERE)
def test_the_others_are_run_by_other_tests(command):
    recipe, test, call = ELSEWHERE[command]
    assert command in COMMANDS
    target = command.split()[1]
    (body,) = re.findall(
        rf"^{target}:.*\n((?:\t.*\n)+)", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert recipe in body
    assert call in (CHECKOUT / test).read_text(encoding="utf-8")
