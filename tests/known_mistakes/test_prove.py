"""Proving a table: every row must apply, fail its check and be a mistake of its own."""

import pytest
import torch

from grader.tools.known_mistakes import prove as prove_module
from grader.tools.known_mistakes.programs import program_of
from grader.tools.known_mistakes.prove import prove
from tests.checks.toy import DOUBLE, OneAnswerKey
from utils.errors import CourseError

from .small_week import exercise, rows

TRIPLED = "| tripled | three times x | which factor? | `2 * x` | `3 * x` |"


@pytest.fixture
def proven(tmp_path, monkeypatch):
    """Prove a table of these rows, of the toy check."""
    monkeypatch.setattr(prove_module, "find_answer_key", lambda week, check: DOUBLE)
    return lambda *lines: prove(exercise(), rows(tmp_path, *lines), tmp_path, "digest")


def named(known, submission):
    """Return the name that the toy check gives to a submission, by the fingerprints alone."""
    answer_key = DOUBLE.__class__(
        check=DOUBLE.check,
        expected=DOUBLE.expected,
        mistakes=known.mistakes,
        public_inputs=known.public_inputs,
    )
    return answer_key.check.examine(submission, OneAnswerKey(answer_key)).mistake


def test_a_mistake_is_known_by_what_it_gives(proven):
    known = proven(TRIPLED, "| kept | x as it was | what is twice 3? | `    return twice` | `    return x` |")
    assert [each.name for each in known.mistakes] == ["tripled", "kept"]
    assert named(known, lambda x: x + x + x) == "tripled"
    assert named(known, torch.clone) == "kept"
    assert named(known, lambda x: 4 * x) is None


def test_an_error_is_known_too(proven):
    known = proven("| views | another view | why? | `2 * x` | `x.view(len(x) + 1, -1)` |")
    assert named(known, lambda x: x.view(len(x) + 1, -1)) == "views"
    assert named(known, lambda x: x.view(len(x) + 2, -1)) is None


def test_a_mistake_in_one_case_is_named_in_part(proven):
    first = DOUBLE.check.draw_cases()[0].inputs["x"]
    known = proven(TRIPLED)
    both = lambda x: 3 * x if torch.equal(x, first) else 5 * x  # noqa: E731
    assert named(known, both) == "tripled (in part)"


def test_a_program_of_mistakes_py_is_a_mistake(proven, tmp_path):
    code = "from solution import double\n\n\ndef four_times(x):\n    return double(double(x))\n"
    (tmp_path / "mistakes.py").write_text(code)
    known = proven("| doubled twice | four times x | how often? | | `four_times` in mistakes.py |")
    assert named(known, lambda x: 4 * x) == "doubled twice"


def test_an_edit_may_be_in_any_cell_of_the_exercise(tmp_path):
    solution = exercise("FACTOR = 2\n", "def double(x):\n    return FACTOR * x\n")
    (row,) = rows(tmp_path, "| tripled | b | c | `FACTOR = 2` | `FACTOR = 3` |")
    assert program_of(solution, row, tmp_path)(2) == 6


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ["| a | b | c | `4 * x` | `3 * x` |"],
            "'4 * x' occurs 0 times in the solution, and should occur once",
        ),
        (["| a | b | c | `twice` | `x` |"], "'twice' occurs 2 times in the solution, and should occur once"),
        (["| a | b | c | `2 * x` | `x + x` |"], "it passes the public cases"),
        ([TRIPLED, "| a | b | c | `2 * x` | `x * 3` |"], "it does the same as 'tripled'"),
        ([TRIPLED, TRIPLED.replace("`3", "`4")], "another mistake of the check has this name"),
        (["| a | b | c | `2 * x` | `2 * (x` |"], "the code cannot be run (SyntaxError: "),
        (["| a | b | c | | `nothing` in mistakes.py |"], "the code cannot be run (FileNotFoundError: "),
    ],
)
def test_a_row_that_proves_nothing_stops_the_build(proven, lines, problem):
    with pytest.raises(CourseError) as raised:
        proven(*lines)
    said = str(raised.value)
    line = 6 + len(lines)
    assert said.startswith(f"solutions/week05_attention/mistakes.md, line {line}, double, ")
    assert problem in said
    assert "\n" not in said


def test_a_program_that_mistakes_py_lacks_is_named(proven, tmp_path):
    (tmp_path / "mistakes.py").write_text("")
    with pytest.raises(CourseError, match="defines no 'nothing'"):
        proven("| a | b | c | | `nothing` in mistakes.py |")


def test_a_mistake_of_the_public_cases_alone_stops_the_build(proven):
    public = [case.inputs["x"].shape for case in DOUBLE.check.draw_cases()]
    edit = f"2 * x + (x.shape == {tuple(public[0])})"
    with pytest.raises(CourseError, match="it passes the hidden cases of a seed"):
        proven(f"| a | b | c | `2 * x` | `{edit}` |")


def test_other_inputs_name_nothing(proven):
    """As where another reference is loaded, or another PyTorch draws other numbers."""
    known = proven(TRIPLED)
    other = known.__class__(known.digest, ("00000000 1 1",) * len(known.public_inputs), known.mistakes)
    assert named(other, lambda x: 3 * x) is None


def test_a_case_that_is_the_same_everywhere_is_enough(proven):
    known = proven(TRIPLED)
    one = known.__class__(known.digest, (known.public_inputs[0], "00000000 1 1"), known.mistakes)
    assert named(one, lambda x: 3 * x) == "tripled"
    assert named(one, lambda x: 5 * x) is None
