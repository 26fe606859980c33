"""Week 5 graded by the real executor: what honest, broken and hostile work gets."""

import ast
import json
from dataclasses import replace

import nbformat
import pytest
from nbgrader.utils import determine_grade

from grader.autograde import grade as grade_module
from grader.autograde.check_server import CheckServer
from grader.autograde.grade import grade_submission
from grader.autograde.run import NotebookRun
from grader.sandbox import layers
from grader.sandbox.limits import Limits
from utils.checks.engine.report import MIME
from utils.checks.week05_attention import causal_mask

from . import week05
from .week05 import FULL, grade, insert_after, lost, points, reasons, solved

pytestmark = pytest.mark.slow

SHORT = Limits(cell_seconds=8)
"""For submissions that never end."""


def returning(expression: str) -> str:
    """An answer to causal_mask that returns that."""
    return f"def causal_mask(scores):\n    return {expression}"


def doing(*lines: str) -> str:
    """An answer to causal_mask that does that first, and then what is right."""
    right = week05.answers()["causal_mask"].replace("def causal_mask", "def _right_mask")
    body = "".join(f"    {line}\n" for line in lines)
    return f"{right}\n\ndef causal_mask(scores):\n{body}    return _right_mask(scores)"


def shown_by(graded, name: str) -> str:
    """All that a cell of the graded notebook shows, as JSON."""
    return json.dumps(next(c for c in graded.notebook["cells"] if week05.grade_id(c) == name)["outputs"])


@pytest.fixture(scope="module")
def perfect():
    return grade(solved())


def test_the_perfect_notebook_gets_everything(perfect):
    assert perfect.points == FULL
    assert lost(perfect) == set()
    assert (perfect.problem, perfect.odd) == ("", ())
    assert {each.hidden for each in perfect.ledger if each.how == "judge"} == {"passed"}


def test_an_answer_in_words_waits_for_a_person(perfect):
    assert points(perfect)["own_words"] is None
    assert points(grade(week05.released()))["own_words"] == 0


def test_the_untouched_notebook_gets_nothing_and_is_not_written():
    graded = grade(week05.released())
    assert graded.points == 0
    assert set(reasons(graded).values()) == {"not written yet"}


def test_the_layers_and_the_reference_are_recorded(perfect):
    assert {layers.LIMITS, layers.NO_NEW_RIGHTS} <= set(perfect.layers)
    assert perfect.reference == "storyteller"


def test_nbgrader_reads_the_same_points_from_the_notebook(perfect):
    notebook = nbformat.from_dict(perfect.notebook)
    nbformat.validate(notebook)
    for each in perfect.ledger:
        cell = week05.cell(notebook, each.cell)
        assert determine_grade(cell) == (each.points, each.max_points)


def test_the_same_submission_gets_the_same_result(perfect):
    again = grade(solved())
    assert again.ledger == perfect.ledger
    assert again.notebook == perfect.notebook


def test_a_known_mistake_is_named():
    graded = grade(solved(causal_mask=returning("scores")))
    assert reasons(graded)["causal_mask"] == "no mask"
    assert points(graded)["causal_mask"] == 0
    assert '"passed": false' in shown_by(graded, "check_causal_mask")


def test_what_holds_for_the_notebooks_cases_alone_gets_nothing():
    """Inputs of the public cases are known: here each right answer is looked up by its input."""
    code = doing("if not _known(scores):", "    return scores")
    known = (
        "from utils.checks import week05_attention as _c\n"
        "def _known(scores):\n"
        "    if scores.device.type == 'meta':\n"
        "        return True\n"
        "    seen = [case.inputs['scores'] for case in _c.causal_mask.draw_cases()]\n"
        "    return any(each.shape == scores.shape and bool((each == scores).all()) for each in seen)\n"
    )
    graded = grade(solved(causal_mask=known + code))
    (entry,) = (each for each in graded.ledger if each.cell == "check_causal_mask")
    assert (entry.points, entry.hidden) == (0, "failed")
    assert entry.report["headline"].startswith("right for the notebook's own cases; of other cases, ")
    assert "expected" not in json.dumps(entry.report["lines"])


def test_hidden_cases_are_fresh_for_each_submission_and_hang_on_the_secret():
    seeds = {week05.task(solved(), secret=secret).seed for secret in ("one", "two")}
    seeds |= {week05.task(solved(own_words="x"), secret="one").seed}
    assert len(seeds) == 3


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("import os; os._exit(3)", "its process ended itself, with exit code 3"),
        ("import ctypes; ctypes.string_at(0)", "its process crashed (Segmentation fault)"),
        ("while True: pass", "it ran longer than 8 s"),
    ],
)
def test_a_function_that_takes_its_process_along_costs_its_own_exercise(end, reason):
    graded = grade(solved(causal_mask=doing(end)), limits=SHORT)
    # attention_pattern and AttentionHead call it too.
    assert {"project_qkv", "attention_scores", "weighted_values", "attention_by_loops"}.isdisjoint(
        lost(graded)
    )
    assert "causal_mask" in lost(graded)
    assert reasons(graded)["causal_mask"] == reason


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("import os; os._exit(0)", "its process ended itself, with exit code 0"),
        ("while True: pass", "it ran longer than 8 s"),
    ],
)
def test_an_answer_that_takes_the_kernel_along_keeps_what_it_defines(end, reason):
    changed = f"{end}\n{week05.answers()['weighted_values']}"
    graded = grade(solved(weighted_values=changed), limits=SHORT)
    assert graded.points == FULL
    assert reason in shown_by(graded, "weighted_values")


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("import os; os._exit(0)", "its process ended itself, with exit code 0"),
        ("while True: pass", "it ran longer than 8 s"),
    ],
)
def test_a_definition_that_takes_the_kernel_along_costs_its_own_exercise(end, reason):
    changed = f"class Endless:\n    {end}\n\n{week05.answers()['weighted_values']}"
    graded = grade(solved(weighted_values=changed), limits=SHORT)
    assert reasons(graded)["weighted_values"] == f"its work cell: {reason}"
    assert lost(graded) == {"weighted_values", "AttentionHead"}  # the second calls the first
    assert reason in shown_by(graded, "weighted_values")


def test_an_own_cell_that_kills_the_kernel_costs_nothing():
    notebook = insert_after(solved(), "check_causal_mask", "import os; os.kill(os.getpid(), 9)")
    assert grade(notebook).points == FULL


def test_a_cell_that_raises_does_not_stop_the_others():
    notebook = insert_after(solved(), "check_project_qkv", "1/0")
    graded = grade(notebook)
    assert graded.points == FULL
    assert "ZeroDivisionError" in json.dumps(graded.notebook)


def test_helpers_of_the_students_own_are_there():
    notebook = insert_after(
        solved(causal_mask=returning("_helper(scores)")),
        "check_attention_scores",
        week05.answers()["causal_mask"].replace("def causal_mask", "def _helper"),
    )
    assert grade(notebook).points == FULL


def test_a_name_of_the_set_up_used_for_something_else_does_no_harm():
    assert grade(insert_after(solved(), "project_qkv", "checks = 'mine'")).points == FULL


def test_noise_costs_nothing():
    noisy = doing("import sys, warnings", "print('hm', file=sys.stderr)", "warnings.warn('oh')")
    assert grade(solved(causal_mask=noisy)).points == FULL


def test_what_is_shown_is_bounded_and_has_no_scripts():
    code = (
        "print('x' * 10**7)\nfrom IPython.display import HTML, display\ndisplay(HTML('<script>1</script>'))"
    )
    graded = grade(insert_after(solved(), "check_project_qkv", code))
    assert graded.points == FULL
    text = json.dumps(graded.notebook)
    assert "cut off here" in text
    assert "<script>" not in text.replace("HTML('<script>1</script>')", "")
    assert len(text) < 2_000_000


def test_no_hidden_input_can_be_shown():
    """The function prints all that it is given, and a later cell prints all that it was ever given."""
    seen = "_seen = []\n" + doing("_seen.append(scores)", "print('SEEN', scores.tolist())")
    notebook = insert_after(solved(causal_mask=seen), "check_causal_mask", "print('LATER', len(_seen))")
    graded = grade(notebook)
    assert "LATER 0" in json.dumps(graded.notebook)
    assert "SEEN" not in shown_by(graded, "check_causal_mask")


def test_checks_do_not_see_what_other_checks_did():
    code = "_calls = []\n" + doing("_calls.append(1)")
    graded = grade(
        solved(causal_mask=code, shape_table=f"{week05.answers()['shape_table']}\nassert not _calls")
    )
    assert graded.points == FULL


@pytest.mark.parametrize(
    "code",
    [
        "import utils.answers.judge",
        "from utils.answers.week05_attention import causal_mask",
        "from transformers import GPT2Model",
        "import grader.autograde.grade",
        "import solutions",
        f"open({str(week05.REPOSITORY / 'solutions/week05_attention/attention.py')!r})",
        f"open({str(week05.REPOSITORY / 'utils/answers/judge.py')!r})",
        f"open({str(week05.REPOSITORY / 'nbgrader_config.py')!r})",
        "open('/etc/passwd')",
        "import os; assert not os.listdir('/root')",
        "open('/proc/self/environ')",
        "import socket; socket.create_connection(('127.0.0.1', 80))",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)",
    ],
)
def test_what_should_not_be_there_is_not(code, probes):
    assert probes[code]


@pytest.fixture(scope="module")
def probes(request) -> dict[str, bool]:
    """By piece of code, whether it fails in the sandbox; all are tried in one submission."""
    codes = test_what_should_not_be_there_is_not.pytestmark[0].args[1]
    tried = "".join(
        f"\ntry:\n    exec({code!r})\nexcept (ImportError, OSError):\n    failed.append({code!r})"
        for code in codes
    )
    notebook = insert_after(solved(), "check_project_qkv", f"failed = []{tried}\nfailed")
    graded = grade(notebook)
    assert graded.points == FULL
    (cell,) = (each for each in graded.notebook["cells"] if each["source"].startswith("failed = []"))
    failed = ast.literal_eval(cell["outputs"][-1]["data"]["text/plain"])
    return {code: code in failed for code in codes}


def test_signs_of_delegation_are_reported_and_cost_nothing_by_themselves():
    unused = f"from torch.nn import MultiheadAttention\n{week05.answers()['causal_mask']}"
    graded = grade(solved(causal_mask=unused))
    assert graded.points == FULL
    (sign,) = (sign for sign in graded.signs if "MultiheadAttention" in sign.what)
    assert (sign.cell, sign.line) == ("causal_mask", 1)


def test_what_cannot_be_read_is_a_problem_and_no_grade():
    graded = grade(b"{")
    assert (graded.notebook, graded.ledger) == (None, ())
    assert "not valid JSON" in graded.problem


def test_null_bytes_and_odd_unicode_cost_their_own_exercise():
    graded = grade(solved(causal_mask="x = '\x00'", own_words="\ud800 \u202e"))
    assert points(graded)["project_qkv"] == 14
    assert reasons(graded)["causal_mask"].startswith("NameError: name 'causal_mask' is not defined")


ASSERTS = """\
assert scores_of_two() == 2
### BEGIN HIDDEN TESTS
assert scores_of_two() != 3, "a hidden text"
### END HIDDEN TESTS
"""


def with_asserts(code: str):
    """The released notebook with one more exercise, whose check is an instructor's own asserts."""
    source = week05.released()
    work = nbformat.v4.new_code_cell("def scores_of_two():\n    raise NotImplementedError()")
    work.metadata.nbgrader = {**week05.cell(source, "causal_mask").metadata.nbgrader, "grade_id": "two"}
    check = nbformat.v4.new_code_cell(code)
    check.metadata.nbgrader = {
        **week05.cell(source, "check_causal_mask").metadata.nbgrader,
        "grade_id": "check_two",
        "points": 4,
    }
    source.cells += [work, check]
    return source


@pytest.mark.parametrize(
    ("check", "answer", "worth", "why"),
    [
        (ASSERTS, "return 2", 4, "its asserts hold"),
        (ASSERTS, "return 3", 0, "one of its asserts fails"),
        (ASSERTS, "raise NotImplementedError()", 0, "not written yet"),
        ("assert scores_of_two() == 2, 'two!'", "return 3", 0, "AssertionError: two!"),
        ("import sys; print('hm', file=sys.stderr); scores_of_two()", "return 3", 3, "its asserts hold"),
        ("scores_of_two()", "return 1000", 4, "its asserts hold"),
        ("scores_of_two()", "import os; os._exit(1)", 0, "its process ended itself, with exit code 1"),
    ],
)
def test_asserts_of_an_instructors_own_are_graded_as_nbgrader_does(check, answer, worth, why):
    source = with_asserts(check)
    submitted = nbformat.from_dict(source)
    week05.cell(submitted, "two").source = f"def scores_of_two():\n    {answer}"
    graded = grade(submitted, source=source)
    entry = graded.ledger[-1]
    assert (entry.cell, entry.how, entry.points, entry.reason) == ("check_two", "asserts", worth, why)
    assert "hidden text" not in json.dumps(graded.notebook)
    cell = week05.cell(nbformat.from_dict(graded.notebook), "check_two")
    assert determine_grade(cell) == (worth, 4)


LISTEN = """
from grader.kernels.messages import MessageStream
heard, receive = [], MessageStream.receive_with_descriptor
def listen(self):
    heard.append(receive(self))
    return heard[-1]
MessageStream.receive_with_descriptor = listen
"""


def test_hidden_tests_are_not_there_before_all_has_been_shown():
    source = with_asserts(ASSERTS)
    submitted = week05.insert_after(nbformat.from_dict(source), "set_up", LISTEN)
    submitted.cells.append(nbformat.v4.new_code_cell("print(heard)"))
    assert "a hidden text" not in json.dumps(grade(submitted, source=source).notebook)


def test_nothing_runs_where_the_sandbox_is_too_weak(monkeypatch):
    monkeypatch.setattr(layers, "_PROTECTS", {**layers._PROTECTS, "network": ("no such layer",)})
    with pytest.raises(layers.SandboxTooWeak, match="a submission could use the network"):
        grade(solved())
    task = week05.task(solved())
    assert grade_submission(replace(task, required=())).points == FULL


def kill_fork_servers() -> None:
    for server in grade_module._pool._servers.values():
        server._process.kill()


def test_a_fork_server_that_has_ended_is_replaced(perfect):
    kill_fork_servers()
    assert grade(solved()).points == FULL


def test_a_fork_server_that_ends_in_the_middle_costs_no_point(monkeypatch, perfect):
    run_cell, seen = NotebookRun._run_cell, []

    def lose_it_once(self, kernel, place, code, notebook):
        if self._steps[place].name == "causal_mask" and not seen:
            seen.append(place)
            kill_fork_servers()
        return run_cell(self, kernel, place, code, notebook)

    monkeypatch.setattr(NotebookRun, "_run_cell", lose_it_once)
    assert grade(solved()).points == FULL
    assert seen


def test_a_fork_server_that_ends_during_the_checks_costs_no_point(monkeypatch, perfect):
    serve, served = CheckServer.serve_public, []

    def lose_it_once(self, end, deadline):
        served.append(self)
        if len(served) == 3:
            kill_fork_servers()
        return serve(self, end, deadline)

    monkeypatch.setattr(CheckServer, "serve_public", lose_it_once)
    assert grade(solved()).points == FULL
    assert len(served) > len(perfect.ledger)


def test_the_reports_are_those_of_the_judge(perfect):
    cell = week05.cell(nbformat.from_dict(perfect.notebook), "check_causal_mask")
    report = cell.outputs[0].data[MIME]
    assert report["passed"]
    assert report["cases"] == 2 * len(causal_mask.draw_cases())  # the public and the hidden ones
