"""In a notebook, a check that takes long shows that it is running: once, and never after its report."""

import sys
import threading
import traceback

import pytest
from jupyter_client.manager import start_new_kernel
from patience import PATIENCE_S

from utils.checks.engine import still_running
from utils.checks.engine.still_running import StillRunning, in_a_notebook, student_line

from .toy import DOUBLE, OneAnswerKey, report_on, written_by_student

REPORT = report_on(lambda x: 2 * x)


class Timer:
    """A timer that the test fires by hand."""

    def __init__(self, seconds, function):
        self.seconds, self.go_off = seconds, function
        self.events = []

    def start(self):
        self.events.append("started")

    def cancel(self):
        self.events.append("cancelled")


class Handle:
    """A fake of the display handle that `display` returns."""

    def __init__(self, shown):
        self.shown = shown

    def update(self, report):
        self.shown.append(("updated", report))


@pytest.fixture
def shown(monkeypatch):
    """All outputs, in order."""
    outputs = []

    def display(what, raw=False, display_id=None):
        outputs.append(("shown", what))
        return Handle(outputs) if display_id else None

    monkeypatch.setattr("IPython.display.display", display)
    return outputs


def begin():
    card = StillRunning("double", lambda: "1 of 2: batch 3", Timer)
    return card, card._timer


def test_what_is_done_in_time_shows_its_report_alone(shown):
    card, timer = begin()
    card.show(REPORT)
    timer.go_off()  # too late: it was on its way when it was cancelled
    assert shown == [("shown", REPORT)]
    assert timer.events == ["started", "cancelled"]
    assert timer.daemon


def test_what_takes_long_says_so_and_the_report_takes_its_place(shown):
    card, timer = begin()
    timer.go_off()
    card.show(REPORT)
    (first, bundle), second = shown
    assert first == "shown"
    assert "○ double" in bundle["text/plain"] and "still running after 8 s" in bundle["text/plain"]
    assert "1 of 2: batch 3" in bundle["text/plain"] and "■" in bundle["text/plain"]
    assert set(bundle) == {"text/plain", "text/html"}  # it is no report
    assert second == ("updated", REPORT)


def test_after_an_error_of_ours_it_says_nothing(shown):
    card, timer = begin()
    card.end()
    timer.go_off()
    assert shown == []


def test_the_students_line_is_the_innermost_of_what_the_check_has_called(tmp_path):
    seen = []
    code = "def helper(look):\n    return look()\n\n\ndef double(x):\n    helper(LOOK)\n    return 2 * x\n"
    cell = written_by_student(code, tmp_path)
    cell["LOOK"] = eval("lambda: see()", {"see": lambda: seen.append(look_around())})
    DOUBLE.check.examine(cell["double"], OneAnswerKey(DOUBLE))
    assert seen[0] == "line 2 in helper: return look()"


def look_around():
    """The line, as another thread would see it; this file's own frames are left out."""
    stack = traceback.extract_stack(sys._current_frames()[threading.get_ident()])
    return student_line([frame for frame in stack if frame.filename != __file__])


def test_the_cell_that_calls_the_check_is_not_meant():
    cell = ("cell.py", 1, "<module>", "checks.double(double)")
    engine = (still_running.observation.__file__, 9, "_call", "run()")
    assert student_line(traceback.StackSummary.from_list([cell, engine])) == ""


def test_no_thread_is_started_outside_a_notebook(monkeypatch):
    assert not in_a_notebook()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert not in_a_notebook()
    monkeypatch.setattr(still_running.threading, "Timer", None)
    assert DOUBLE.check.examine(lambda x: 2 * x, OneAnswerKey(DOUBLE)).passed


SET_UP = """
import threading
from utils.checks import week05_attention as checks
from utils.checks.engine import still_running
still_running.AFTER_SECONDS = 0.01

def causal_mask(scores):
    while True:
        pass
"""


@pytest.fixture
def kernel(monkeypatch):
    """A Jupyter kernel and its client."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.slow
def test_an_endless_check_in_a_kernel(kernel):
    manager, client = kernel
    assert client.execute_interactive(SET_UP, timeout=PATIENCE_S)["content"]["status"] == "ok"
    outputs = []

    def note(message):
        if message["msg_type"] not in ("status", "execute_input"):
            outputs.append(message)
        if message["msg_type"] == "display_data":
            manager.interrupt_kernel()

    call = "checks.causal_mask(causal_mask)"
    reply = client.execute_interactive(call, output_hook=note, timeout=PATIENCE_S)
    assert reply["content"]["status"] == "error"
    kinds = [message["msg_type"] for message in outputs]
    assert kinds == ["display_data", "update_display_data", "error"]
    notice, card, error = (message["content"] for message in outputs)
    assert "still running" in notice["data"]["text/plain"]
    assert "in causal_mask" in notice["data"]["text/plain"]
    assert notice["transient"]["display_id"] == card["transient"]["display_id"]
    assert "stopped in case 1 of" in card["data"]["text/plain"]
    assert "in causal_mask" in card["data"]["text/plain"]
    assert len(error["traceback"]) == 1
