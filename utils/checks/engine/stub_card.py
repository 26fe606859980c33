"""What a notebook shows where a demonstration needs an exercise that is not written yet: a card, no stack."""

import ast
import linecache
import os
import sys
from types import FrameType, TracebackType
from typing import Any

from utils.checks.engine.report import Report, html_card

_NEXT = "this cell needs your {name}: write it in its own cell, run that, then this one again"
_NEXT_AFTER = "this cell needs {missing}, which a cell above makes with your {name}: write it, then run both"

_promised: dict[str, str] = {}
"""What a cell would have made that stopped at an unwritten exercise, and the name of the exercise."""


def explain_unwritten() -> None:
    """From now on a stub's bare NotImplementedError is answered by a card in this notebook.

    So is the NameError of a later cell that needs what the stopped cell would have made. Nothing changes
    outside a notebook, nor where a grade is made: there the error is what counts. To Jupyter the cell has
    failed all the same.
    """
    if "IPython" not in sys.modules or os.environ.get("NBGRADER_EXECUTION"):
        return
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((NotImplementedError, NameError), _answer)


def stub_card(name: str, missing: str = "") -> dict[str, Any]:
    """The card's MIME bundle. It is no check's report, so it does not carry a report's data.

    Args:
        name: The exercise.
        missing: What a cell above would have made with it, if that is what is missing.
    """
    text = _NEXT_AFTER.format(missing=missing, name=name) if missing else _NEXT.format(name=name)
    report = Report("", name, False, 0, 0, "not written yet", (("next", text),), written=False)
    return {"text/plain": str(report), "text/html": html_card(report)}


def unwritten(raised: BaseException, trace: TracebackType | None, notebook: dict[str, Any]) -> str:
    """The function or class whose stub raised `raised`; empty if it was no stub.

    Args:
        notebook: The names that the notebook defines: a stub is defined among them, in a function or a class.
    """
    frames = _frames(trace)
    bare = isinstance(raised, NotImplementedError) and not raised.args
    if not bare or not frames or frames[-1].f_globals is not notebook:
        return ""
    name = frames[-1].f_code.co_qualname.partition(".")[0]
    return "" if name.startswith("<") else name


def _answer(
    shell: Any,
    kind: type[BaseException],
    raised: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    from IPython.display import display

    missing = raised.name if isinstance(raised, NameError) and raised.name in _promised else ""
    name = _promised[missing] if missing else unwritten(raised, trace, shell.user_ns)
    if name:
        _promised.update(dict.fromkeys(_made_by(_frames(trace), shell.user_ns), name))
        display(stub_card(name, missing), raw=True)
    else:
        shell.showtraceback((kind, raised, trace), tb_offset=tb_offset)


def _made_by(frames: list[FrameType], notebook: dict[str, Any]) -> list[str]:
    """The names that the cell gives a value to, as far as they have none yet."""
    files = [frame.f_code.co_filename for frame in frames if frame.f_globals is notebook]
    cell = ast.parse("".join(linecache.getlines(files[0])) if files else "")
    stored = [
        node for node in ast.walk(cell) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    defined = [node.name for node in cell.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [name for name in (*(node.id for node in stored), *defined) if name not in notebook]


def _frames(trace: TracebackType | None) -> list[FrameType]:
    """From the cell to the place where it was raised."""
    frames = []
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return frames
