"""What differs where a notebook runs with nobody at the keyboard: for `course check` and for the grader.

What waits for a person gets no person and goes on; what draws into a window draws nothing; and of a cell that
ends in an error the functions, classes and imports below the error are there all the same, so that a line
that does not work here costs no answer.
"""

import ast
import builtins
import getpass
import pdb
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any

from utils.notebook.code import LONGEST, definitions, is_definition

ALWAYS_ABSENT = ("transformers",)
"""Packages whose models would do the work of whole weeks."""
_SEED = 1
"""Of the global random generators when a notebook begins."""
_SEEDED: dict[str, Callable[[Any], object]] = {
    "numpy": lambda numpy: numpy.random.seed(_SEED),
    "torch": lambda torch: torch.manual_seed(_SEED),
}
_DRAWS_NOTHING = ("matplotlib", "pylab")
_WAITS = ("debug", "pdb", "pastebin", "gui")


def absent_sentence(name: str) -> str:
    """Why a package is not there."""
    return f"{name} is not there where work is graded: it would do the work."


def begin(shell: Any) -> None:
    """Makes an IPython shell one that waits for nobody."""
    for module, name in ((builtins, "input"), (getpass, "getpass")):
        setattr(module, name, _nothing_typed)
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:  # ipykernel puts its own in place for every cell
        kernel.raw_input = kernel.getpass = _nothing_typed
    sys.breakpointhook = _no_breakpoint
    pdb.set_trace = _no_breakpoint
    for name in _DRAWS_NOTHING:
        shell.register_magic_function(_says(f"%{name}: nothing is drawn where work is graded"), "line", name)
    for name in _WAITS:
        magic = _says(f"%{name}: nobody is there to answer where work is graded")
        shell.register_magic_function(magic, "line", name)
    shell.events.register("post_run_cell", lambda result: define_after_error(shell, result))


def _nothing_typed(prompt: object = "", stream: object = None) -> str:
    return ""


def _no_breakpoint(*args: object, **kwargs: object) -> None:
    """Nobody is there to look."""


def _says(sentence: str) -> Any:
    def magic(line: str = "") -> None:
        print(sentence)

    return magic


# --- Below an error -----------------------------------------------------------------------------------------


def define_after_error(shell: Any, result: Any) -> None:
    """Runs what a cell defines below the line at which it ended in an error. Further errors are passed over.

    Args:
        result: IPython's, of the cell that has just run.
    """
    error = getattr(result, "error_in_exec", None)
    raw = getattr(result.info, "raw_cell", None)
    if error is None or not isinstance(raw, str) or len(raw) > LONGEST:
        return
    frame, line = _place(error.__traceback__, shell.user_ns)
    if frame is None or raw.lstrip().startswith("%%"):  # a magic has run the cell's text
        rest, file = ast.parse(definitions(_without_magic(raw))).body, "<definitions>"
    else:
        rest, file = _below(shell.transform_cell(raw), line), frame.f_code.co_filename
    for statement in rest:
        try:
            exec(compile(ast.Module([statement], []), file, "exec"), shell.user_ns)
        except Exception:  # it is not there either
            continue


def _without_magic(code: str) -> str:
    code = code.lstrip()
    return code.partition("\n")[2] if code.startswith("%%") else code


def _place(trace: TracebackType | None, names: dict[str, Any]) -> tuple[FrameType | None, int]:
    """The cell's own frame and the line that it has come to."""
    while trace is not None:
        if trace.tb_frame.f_globals is names and trace.tb_frame.f_code.co_name == "<module>":
            return trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next
    return None, 0


def _below(code: str, line: int) -> list[ast.stmt]:
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [statement for statement in body if statement.lineno > line and is_definition(statement)]


# --- What is not there --------------------------------------------------------------------------------------


def begin_check(shell: Any, week: str, imported: Sequence[str], parts: str = "") -> None:
    """Makes a kernel of a student's own machine as much like the grader's as it can be.

    Args:
        week: the week's folder.
        imported: the modules that its set-up cells import.
        parts: where `parts.py` is, if it is not beside the notebook.
    """
    begin(shell)
    if parts:
        sys.path.append(parts)
    hide_from_cells(lambda: _absent_in(week, imported), shell)
    random.seed(_SEED)
    waiting = dict(_SEEDED)

    def seed(result: object) -> None:
        for module in [name for name in waiting if name in sys.modules]:
            waiting.pop(module)(sys.modules[module])

    shell.events.register("post_run_cell", seed)


def _absent_in(week: str, imported: Sequence[str]) -> frozenset[str]:
    checks = vars(sys.modules.get(f"utils.checks.{week}", sys)).values()
    forbidden = [name for check in checks for name in getattr(check, "forbidden", ())]
    return frozenset((*ALWAYS_ABSENT, *absent_packages(forbidden, imported)))


def hide_from_cells(absent: Callable[[], frozenset[str]], shell: Any) -> None:
    """Imports of the `absent` packages fail where a cell asks for them, as they do where work is graded.

    The course's own modules, which run in the same process here, still have them.
    """
    real = builtins.__import__

    def import_for_cells(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> Any:
        if globals is shell.user_ns and name.partition(".")[0] in absent():
            raise ModuleNotFoundError(absent_sentence(name), name=name)
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = import_for_cells


def absent_packages(forbidden: Iterable[str], imported: Iterable[str]) -> tuple[str, ...]:
    """The packages that a week's checks forbid as a whole, but for those that its own cells import.

    Of others a check forbids a part, and sees to that itself.

    Args:
        forbidden: full names, `tokenizers` or `torch.nn.Softmax`.
        imported: the modules that the week's own cells import.
    """
    needed = {module.partition(".")[0] for module in imported}
    return tuple(dict.fromkeys(_whole(forbidden, needed)))


def _whole(forbidden: Iterable[str], needed: set[str]) -> Iterator[str]:
    return (name for name in forbidden if "." not in name and name not in needed)
