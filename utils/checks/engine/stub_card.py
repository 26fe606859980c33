"""The card that a notebook shows, instead of a stack, where a demonstration needs an unwritten exercise."""

import ast
import linecache
import os
import sys
from types import FrameType, TracebackType
from typing import Any

from utils.checks.engine.report import NOT_WRITTEN, Report, html_card

_NEXT = "this cell needs your {name}: write it in its own cell, run that, then this one again"
_NEXT_AFTER = "this cell needs {missing}, which a cell above makes with your {name}: write it, then run both"

_pending_names: dict[str, str] = {}
"""The names that a cell stopped by an unwritten exercise would have defined, with the exercise's name."""


def explain_unwritten() -> None:
    """Makes this notebook show a card for the NotImplementedError of a stub.

    The same goes for the NameError of a later cell that needs a name of the failed cell. Nothing changes
    outside a notebook, nor in a graded run, where the error is what counts. To Jupyter the cell has failed
    all the same.
    """
    if "IPython" not in sys.modules or os.environ.get("NBGRADER_EXECUTION"):
        return
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((NotImplementedError, NameError), _show_card_or_traceback)


def stub_card(name: str, missing: str = "") -> dict[str, Any]:
    """Returns the card's MIME bundle, without a report's data, since it is not a check's report.

    Args:
        name: The exercise.
        missing: The name that an earlier cell would have defined with it, if that name is what is missing.
    """
    text = _NEXT_AFTER.format(missing=missing, name=name) if missing else _NEXT.format(name=name)
    report = Report("", name, False, 0, 0, NOT_WRITTEN, (("next", text),), written=False)
    return {"text/plain": str(report), "text/html": html_card(report)}


def unwritten(raised: BaseException, trace: TracebackType | None, notebook: dict[str, Any]) -> str:
    """Returns the name of the function or class whose stub raised `raised`, or "" if it was not a stub.

    Args:
        raised: The exception; a stub's is a NotImplementedError without arguments.
        trace: The exception's traceback.
        notebook: The notebook's namespace, in which the stub is defined.
    """
    frames = _frames(trace)
    bare = isinstance(raised, NotImplementedError) and not raised.args
    if not bare or not frames or frames[-1].f_globals is not notebook:
        return ""
    name = frames[-1].f_code.co_qualname.partition(".")[0]
    return "" if name.startswith("<") else name


def _show_card_or_traceback(
    shell: Any,
    kind: type[BaseException],
    raised: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    from IPython.display import display

    missing = raised.name if isinstance(raised, NameError) and raised.name in _pending_names else ""
    name = _pending_names[missing] if missing else unwritten(raised, trace, shell.user_ns)
    if name:
        _pending_names.update(dict.fromkeys(_names_assigned_by(_frames(trace), shell.user_ns), name))
        display(stub_card(name, missing), raw=True)
    else:
        shell.showtraceback((kind, raised, trace), tb_offset=tb_offset)


def _names_assigned_by(frames: list[FrameType], notebook: dict[str, Any]) -> list[str]:
    """Returns the names that the cell assigns or defines, without those that exist already."""
    files = [frame.f_code.co_filename for frame in frames if frame.f_globals is notebook]
    cell = ast.parse("".join(linecache.getlines(files[0])) if files else "")
    stored = [
        node for node in ast.walk(cell) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    defined = [node.name for node in cell.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [name for name in (*(node.id for node in stored), *defined) if name not in notebook]


def _frames(trace: TracebackType | None) -> list[FrameType]:
    """Returns the frames from the cell to the place where the exception was raised."""
    frames = []
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return frames
