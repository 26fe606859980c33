"""In a notebook, a check that takes long says where it is. Elsewhere it shows nothing, without any thread."""

import contextvars
import os
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from utils.checks.engine import observation
from utils.checks.engine.report import Report, html_card
from utils.checks.engine.student_error import describe_frame, is_library

AFTER_SECONDS = 8.0
"""How long a check runs before it says so: most are done in less."""
_NEXT = "wait, or stop it with ■ at the top: then it says where it was"


class StillRunning:
    """Shows a check's card: at first, where it takes long, that it still runs; then, in the same place, its
    report. A check that is done in time shows its report and nothing else, so that nothing flickers.

    Args:
        name: The check's name.
        case: Returns which case is being tried, in words.
        timer: What calls a function later, as `threading.Timer` does.
    """

    def __init__(self, name: str, case: Callable[[], str], timer: Callable[..., Any] = threading.Timer):
        self._name, self._case = name, case
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._done = False
        self._shown: Any = None
        # The output belongs to the cell that runs now, which Jupyter keeps in a context variable.
        context = contextvars.copy_context()
        self._timer = timer(AFTER_SECONDS, lambda: context.run(self._say))
        self._timer.daemon = True
        self._timer.start()

    def show(self, report: Report) -> None:
        """Shows the report, in place of what was shown before it."""
        from IPython.display import display

        self.end()
        if self._shown is None:
            display(report)
        else:
            self._shown.update(report)

    def end(self) -> None:
        """From now on it says nothing any more."""
        self._timer.cancel()
        with self._lock:
            self._done = True

    def _say(self) -> None:
        from IPython.display import display

        with self._lock:
            if not self._done:
                self._shown = display(self._card(), raw=True, display_id=True)

    def _card(self) -> dict[str, Any]:
        """The card's MIME bundle. It is no check's report, so it does not carry a report's data."""
        frame = sys._current_frames().get(self._thread)
        where = student_line(traceback.extract_stack(frame)) if frame else ""
        lines = (("case", self._case()), ("where", where), ("next", _NEXT))
        headline = f"still running after {AFTER_SECONDS:g} s"
        shown = tuple((label, text) for label, text in lines if text)
        report = Report("", self._name, False, 0, 0, headline, shown, written=False)
        return {"text/plain": str(report), "text/html": html_card(report)}


def student_line(stack: traceback.StackSummary) -> str:
    """Returns the innermost line of the student's code that a check has called; empty where it runs none.

    Args:
        stack: The outermost frame first. The cell that called the check is the student's too, and not meant.
    """
    for frame in reversed(stack):
        if frame.filename == observation.__file__:
            return ""
        if not is_library(frame.filename):
            return describe_frame(frame)
    return ""


def in_a_notebook() -> bool:
    """Whether somebody sees the outputs of this process in a notebook, and it grades nobody."""
    if "IPython" not in sys.modules or os.environ.get("NBGRADER_EXECUTION"):
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
