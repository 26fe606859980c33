"""What a notebook shows where a demonstration needs an exercise that is not written yet: a card, no stack."""

import os
import sys
from types import FrameType, TracebackType
from typing import Any

from utils.checks.report import Report, html_card

_NEXT = "this cell needs your {name}: write it in its own cell, run that, then this one again"


def explain_unwritten() -> None:
    """From now on a stub's bare NotImplementedError is answered by a card in this notebook.

    Nothing changes outside a notebook, nor where a grade is made: there the error is what counts. To Jupyter
    the cell has failed all the same.
    """
    if "IPython" not in sys.modules or os.environ.get("NBGRADER_EXECUTION"):
        return
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((NotImplementedError,), _answer)


def card(name: str) -> dict[str, Any]:
    """The card's MIME bundle. It is no check's report, so it does not carry a report's data."""
    lines = (("next", _NEXT.format(name=name)),)
    report = Report("", name, False, 0, 0, "not written yet", lines, written=False)
    return {"text/plain": str(report), "text/html": html_card(report)}


def unwritten(raised: BaseException, trace: TracebackType | None, notebook: dict[str, Any]) -> str:
    """The function or class whose stub raised `raised`; empty if it was no stub.

    Args:
        notebook: The names that the notebook defines: a stub is defined among them, in a function or a class.
    """
    frame = _innermost(trace)
    if raised.args or frame is None or frame.f_globals is not notebook:
        return ""
    name = frame.f_code.co_qualname.partition(".")[0]
    return "" if name.startswith("<") else name


def _answer(
    shell: Any,
    kind: type[BaseException],
    raised: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    from IPython.display import display

    name = unwritten(raised, trace, shell.user_ns)
    if name:
        display(card(name), raw=True)
    else:
        shell.showtraceback((kind, raised, trace), tb_offset=tb_offset)


def _innermost(trace: TracebackType | None) -> FrameType | None:
    """Where it was raised."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return None if trace is None else trace.tb_frame
