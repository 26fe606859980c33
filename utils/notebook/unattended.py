"""Preparation of a kernel that runs without a user, for `course check` and for the grader.

Input and breakpoints return at once, and the magics of matplotlib draw nothing. When a cell ends in an error,
the functions, classes, constants and imports below the failed line are defined all the same, so that a line
that does not work here costs no answer.
"""

import ast
import builtins
import getpass
import pdb
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FrameType, ModuleType, TracebackType
from typing import Any

from utils.notebook.code import LONGEST, definitions, is_definition

ALWAYS_ABSENT = ("transformers",)
"""Packages whose models would do the work of whole weeks."""
_SEED = 1
"""Seed of the global random generators at the start of a notebook."""
_SEEDED: dict[str, Callable[[Any], object]] = {
    "numpy": lambda numpy: numpy.random.seed(_SEED),
    "torch": lambda torch: torch.manual_seed(_SEED),
}
_DRAWING_MAGICS = ("matplotlib", "pylab")
_INTERACTIVE_MAGICS = ("debug", "pdb", "pastebin", "gui")


def absent_sentence(name: str) -> str:
    """Return the message of the ImportError for an absent package."""
    return f"{name} is not there where work is graded: it would do the work."


def begin(shell: Any) -> None:
    """Prepare an IPython shell to run without a user."""
    for module, name in ((builtins, "input"), (getpass, "getpass")):
        setattr(module, name, _nothing_typed)
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:  # ipykernel replaces the two builtins by these for every cell
        kernel.raw_input = kernel.getpass = _nothing_typed
    sys.breakpointhook = _no_breakpoint
    pdb.set_trace = _no_breakpoint
    for name in _DRAWING_MAGICS:
        magic = _printing(f"%{name}: nothing is drawn where work is graded")
        shell.register_magic_function(magic, "line", name)
    for name in _INTERACTIVE_MAGICS:
        magic = _printing(f"%{name}: nobody is there to answer where work is graded")
        shell.register_magic_function(magic, "line", name)
    shell.events.register("post_run_cell", lambda result: define_after_error(shell, result))


def _nothing_typed(prompt: object = "", stream: object = None) -> str:
    return ""


def _no_breakpoint(*args: object, **kwargs: object) -> None:
    """Return at once, in place of starting a debugger."""


def _printing(sentence: str) -> Callable[[str], None]:
    def magic(line: str = "") -> None:
        print(sentence)

    return magic


# --- Below an error -----------------------------------------------------------------------------------------


def define_after_error(shell: Any, result: Any) -> None:
    """Run the definitions below the line at which a cell ended in an error; ignore further errors.

    Args:
        result: IPython's ExecutionResult of the cell that has just run.
    """
    error = getattr(result, "error_in_exec", None)
    raw = getattr(result.info, "raw_cell", None)
    if error is None or not isinstance(raw, str) or len(raw) > LONGEST:
        return
    frame, line = _place(error.__traceback__, shell.user_ns)
    if frame is None or raw.lstrip().startswith("%%"):  # a cell magic compiled the text by itself
        rest, file = ast.parse(definitions(_without_magic(raw))).body, "<definitions>"
    else:
        rest, file = _below(shell.transform_cell(raw), line), frame.f_code.co_filename
    for statement in rest:
        try:
            exec(compile(ast.Module([statement], []), file, "exec"), shell.user_ns)
        except Exception:
            continue


def _without_magic(code: str) -> str:
    code = code.lstrip()
    return code.partition("\n")[2] if code.startswith("%%") else code


def _place(trace: TracebackType | None, names: dict[str, Any]) -> tuple[FrameType | None, int]:
    """Return the cell's own frame and the line at which it stopped; None and 0 if there is no such frame."""
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


# --- Absent packages ----------------------------------------------------------------------------------------


def begin_check(shell: Any, week: str, imported: Sequence[str], parts: str = "") -> None:
    """Make the kernel of `course check`, on the student's machine, as much like the grader's as possible.

    Args:
        week: The name of the week's folder.
        imported: The modules that its set-up cells import.
        parts: The folder of `parts.py`, if that is not beside the notebook.
    """
    begin(shell)
    if parts:
        sys.path.append(parts)
    hide_from_cells(lambda: _absent_in(week, imported), shell)
    random.seed(_SEED)
    unseeded = dict(_SEEDED)

    def seed(result: object) -> None:
        for module in [name for name in unseeded if name in sys.modules]:
            unseeded.pop(module)(sys.modules[module])

    shell.events.register("post_run_cell", seed)


def _absent_in(week: str, imported: Sequence[str]) -> frozenset[str]:
    checks = vars(sys.modules.get(f"utils.checks.{week}", sys)).values()
    forbidden = [name for check in checks for name in getattr(check, "forbidden", ())]
    return frozenset((*ALWAYS_ABSENT, *absent_packages(forbidden, imported)))


def hide_from_cells(absent: Callable[[], frozenset[str]], shell: Any) -> None:
    """Make imports of the `absent` packages fail in cells, as they do in the grader's sandbox.

    The course's own modules, which run in the same process here, can still import them.
    """
    real = builtins.__import__

    def import_for_cells(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if globals is shell.user_ns and name.partition(".")[0] in absent():
            raise ModuleNotFoundError(absent_sentence(name), name=name)
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = import_for_cells


def absent_packages(forbidden: Iterable[str], imported: Iterable[str]) -> tuple[str, ...]:
    """Return the packages that a week's checks forbid as a whole, without those that its set-up cells import.

    Where a check forbids only a part of a package, the check itself watches for its use.

    Args:
        forbidden: Full names, as `tokenizers` or `torch.nn.Softmax`.
        imported: The modules that the week's set-up cells import.
    """
    needed = {module.partition(".")[0] for module in imported}
    return tuple(dict.fromkeys(_whole(forbidden, needed)))


def _whole(forbidden: Iterable[str], needed: set[str]) -> Iterator[str]:
    return (name for name in forbidden if "." not in name and name not in needed)
