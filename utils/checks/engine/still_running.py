"""A card that shows how far a check has got that takes long.

It is shown in a notebook only. Elsewhere no thread is started.
"""

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
"""How long a check runs before the card appears, in seconds: most checks take less."""
_NEXT = "wait, or stop it with ■ at the top: then it says where it was"


class StillRunning:
    """Shows one output for a check: a card while a long check runs, replaced in the same place by its report.

    A check that ends in time shows its report only, so that nothing flickers.

    Args:
        name: The check's name.
        case: Returns a description of the case that is being tried.
        timer: A class with the interface of `threading.Timer`.
    """

    def __init__(self, name: str, case: Callable[[], str], timer: Callable[..., Any] = threading.Timer):
        self._name, self._case = name, case
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._done = False
        self._shown: Any = None
        # ipykernel keeps the cell of an output in a context variable, which another thread does not inherit.
        context = contextvars.copy_context()
        self._timer = timer(AFTER_SECONDS, lambda: context.run(self._show_card))
        self._timer.daemon = True
        self._timer.start()

    def show(self, report: Report) -> None:
        """Shows the report, in place of the card if there is one."""
        from IPython.display import display

        self.end()
        if self._shown is None:
            display(report)
        else:
            self._shown.update(report)

    def end(self) -> None:
        """Cancels the card if it has not been shown yet."""
        self._timer.cancel()
        with self._lock:
            self._done = True

    def _show_card(self) -> None:
        from IPython.display import display

        with self._lock:
            if not self._done:
                self._shown = display(self._card(), raw=True, display_id=True)

    def _card(self) -> dict[str, Any]:
        """Returns the card's MIME bundle, without a report's data, since it is not a check's report."""
        frame = sys._current_frames().get(self._thread)
        where = student_line(traceback.extract_stack(frame)) if frame else ""
        lines = (("case", self._case()), ("where", where), ("next", _NEXT))
        headline = f"still running after {AFTER_SECONDS:g} s"
        shown = tuple((label, text) for label, text in lines if text)
        report = Report("", self._name, False, 0, 0, headline, shown, written=False)
        return {"text/plain": str(report), "text/html": html_card(report)}


def student_line(stack: traceback.StackSummary) -> str:
    """Returns the innermost line of the student's code that a check has called, or "" if there is none.

    Args:
        stack: The outermost frame first. The frames above the check, such as the cell's, are ignored.
    """
    for frame in reversed(stack):
        if frame.filename == observation.__file__:
            return ""
        if not is_library(frame.filename):
            return describe_frame(frame)
    return ""


def in_a_notebook() -> bool:
    """True if a notebook shows the outputs of this process and the run is not graded."""
    if "IPython" not in sys.modules or os.environ.get("NBGRADER_EXECUTION"):
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
