"""■ and Ctrl-C: the card shows where the check was, in the student's own lines, without a traceback."""

import functools
import signal
import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from utils.answers.judge import LocalCheckRun
from utils.checks.engine.check import use_judge
from utils.checks.engine.interrupt import CheckStopped

from .taught import REPOSITORY
from .toy import DOUBLE, OneAnswerKey, text_of, written_by_student

INTERRUPTED = """\
import signal

def helper(x):
    while True:
        signal.raise_signal(signal.SIGINT)

def double(x):
    return helper(x)
"""


def stopped(submission):
    """Return the report of a check that its user stops."""
    with pytest.raises(CheckStopped) as stop:
        DOUBLE.check.examine(submission, OneAnswerKey(DOUBLE))
    return stop.value.report


def test_the_card_says_where_it_was(tmp_path):
    report = stopped(written_by_student(INTERRUPTED, tmp_path)["double"])
    case = DOUBLE.check.draw_cases()[0]
    assert report.headline == "stopped in case 1 of 2"
    assert text_of(report, "case") == case.label
    assert text_of(report, "question") == "What is twice x?"
    assert text_of(report, "inputs") == f"x {tuple(case.inputs['x'].shape)}"
    assert text_of(report, "where").splitlines() == [
        "line 8 in double: return helper(x)",
        "line 5 in helper: signal.raise_signal(signal.SIGINT)",
    ]
    assert "come to an end" in text_of(report, "look at")
    assert not report.passed


def test_a_later_case_is_counted():
    calls = []

    def double(x):
        calls.append(x)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return 2 * x

    assert stopped(double).headline == "stopped in case 2 of 2"


def test_while_the_results_are_compared(monkeypatch):
    def report(self):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(LocalCheckRun, "report", report)
    said = stopped(lambda x: 2 * x)
    assert said.headline == "stopped while the results were compared: run it again"
    assert said.lines == ()


def test_what_is_no_code_of_the_students_has_no_line():
    report = stopped(functools.partial(interrupt_in_a_library))
    assert text_of(report, "where") == "(not in your own code)"
    assert "look at" not in dict(report.lines)


interrupt_in_a_library = eval("lambda x: signal.raise_signal(signal.SIGINT)", {"signal": signal})
"""A function from no file."""


def test_where_a_grade_is_made_an_interrupt_is_an_interrupt(monkeypatch, tmp_path):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(KeyboardInterrupt) as stop:
        DOUBLE.check.examine(written_by_student(INTERRUPTED, tmp_path)["double"], OneAnswerKey(DOUBLE))
    assert not isinstance(stop.value, CheckStopped)


@pytest.fixture
def shell():
    config = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
    yield InteractiveShell(config=config)
    InteractiveShell.clear_instance()


def test_a_notebook_shows_a_card_and_no_stack(shell, capsys):
    shell.user_ns["check"] = DOUBLE.check
    use_judge(OneAnswerKey(DOUBLE))
    try:
        shell.run_cell(INTERRUPTED)
        outcome = shell.run_cell("check(double)")
    finally:
        use_judge(None)
    said = "".join(capsys.readouterr())
    assert isinstance(outcome.error_in_exec, KeyboardInterrupt)  # so that Jupyter runs no further cell
    assert "KeyboardInterrupt: double: stopped in case 1 of 2" in said
    assert "stopped in case 1 of 2\n  case" in said
    assert "engine.py" not in said and "attempt.py" not in said


PROGRAM = f"""\
from utils.checks import week05_attention as checks
{INTERRUPTED}
checks.causal_mask(double)
"""


def test_a_program_shows_a_card_and_no_stack(tmp_path):
    (tmp_path / "mine.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, tmp_path / "mine.py"],
        env={"PYTHONPATH": str(REPOSITORY), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "✗ causal_mask" in done.stdout and "line 6 in helper" in done.stdout
    assert done.stderr.strip().startswith("KeyboardInterrupt: causal_mask: stopped in case 1 of ")
    assert "Traceback" not in done.stderr and "engine.py" not in done.stderr
