"""Signs that something ready-made did an exercise's work, or that code reaches for what no exercise needs.

They are read in the code, without running it, and shown to the instructor with the place. No grade changes.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from grader.cells import plain_python
from grader.executor.assemble import Step
from grader.executor.definitions import LONGEST
from grader.executor.task import Sign
from grader.imports import imports_of
from utils.checks.ready_made import ALWAYS

_LONGEST_NOTEBOOK = 10 * LONGEST
_MOST = 50
"""Signs of one notebook: who would bury the one that counts must not be able to."""

_MAGIC = re.compile(r"^[ \t]*+[%!?].*$", re.MULTILINE)
"""IPython's own lines. Its full translation is too slow for text that means to be."""
_WORD = re.compile(r"(?:import|from)[ \t]++(?P<module>[\w.]++)|(?P<name>[^\W\d]\w*+(?:(?:\.\w++)++|(?=\()))")
"""What names look like, for text that Python cannot read as a whole and IPython runs all the same."""
_CHECK_ITSELF = re.compile(r"utils\.checks\.week\w+\.[A-Za-z]\w*$")
"""A check may be called in any cell; it is what is below it that nobody needs."""
_PRIVATE = re.compile(r"torch\.(?!Tensor\.)(?:\w+\.)*(?:_[a-zA-Z]|__dict__$)")

_BELOW = "ready-made operations below their names in Python"
_TOGETHER = "code that is put together while it runs"
_UNNAMED = ".(a name put together)"
_OTHERS = "other code's objects"
_BESIDE = "what runs beside the check, which does not see it"
_REACHES = {
    "utils.verdicts": "the verdicts",
    "utils.checks": "what the checks are made of",
    "grader": "the grader",
    "ctypes": "the process's memory",
    "torch.ops": _BELOW,
    "torch.nn.attention": "attention that is there ready-made",
    "gc.get_objects": _OTHERS,
    "gc.get_referrers": _OTHERS,
    "torch.nn.functional.multi_head_attention_forward": "attention that is there ready-made",
    "threading": _BESIDE,
    "_thread": _BESIDE,
    "concurrent.futures": _BESIDE,
    "multiprocessing": _BESIDE,
    "importlib": _TOGETHER,
    "exec": _TOGETHER,
    "eval": _TOGETHER,
    "__import__": _TOGETHER,
    "sys.modules": "the import system",
    "inspect.stack": "its callers' frames",
    "inspect.currentframe": "its callers' frames",
    "sys._getframe": "its callers' frames",
    "sys.settrace": "the interpreter's hooks",
    "sys.setprofile": "the interpreter's hooks",
    "sys.meta_path": "the import system",
    "os._exit": "the kernel's process",
    "os.kill": "processes",
    "subprocess": "other programs",
    "socket": "the network",
}
"""What no exercise of the course needs."""
_INSIDE = ("__subclasses__", "__globals__", "__closure__", "__code__", "f_back", "f_locals", "f_globals")
"""Attributes by which one gets hold of what other code keeps to itself."""


def signs_in(steps: Sequence[Step]) -> list[Sign]:
    """The signs in a notebook's answers and in the student's own cells, in order."""
    found: list[Sign] = []
    left, given = _LONGEST_NOTEBOOK, _given(steps)
    for place, step in enumerate(steps):
        if step.is_run and _is_students(step):
            left -= len(step.cell.source)
            if len(step.cell.source) > LONGEST or left < 0:
                found.append(Sign(step.name, 0, "is too long to be looked through: do it yourself"))
            else:
                found += _signs(step, _forbidden_after(steps[place + 1 :]), given)
    return found if len(found) <= _MOST else [*found[:_MOST], _and_more(found[_MOST:])]


def _is_students(step: Step) -> bool:
    return step.is_own or not step.cell.metadata.get("nbgrader", {}).get("locked")


def _given(steps: Sequence[Step]) -> dict[str, str]:
    """What the instructor's own cells import: the names, and what they stand for."""
    cells = [step.cell for step in steps if step.is_run and not _is_students(step)]
    imports = [each for cell in cells for each in imports_of(plain_python(cell))]
    return {each.bound: f"{each.module}.{each.name}" for each in imports if each.name}


def _and_more(others: Sequence[Sign]) -> Sign:
    return Sign(others[0].cell, others[0].line, f"and {len(others):,} more signs, from here on")


def _forbidden_after(steps: Sequence[Step]) -> tuple[str, ...]:
    """What the exercise of a work cell forbids: its checks follow it, before the next exercise."""
    names: list[str] = list(ALWAYS)
    for step in steps:
        if step.is_run and not step.is_own:
            break
        names += [name for check in step.checks for name in check.forbidden]
    return tuple(dict.fromkeys(names))


def _signs(step: Step, forbidden: Sequence[str], given: Mapping[str, str]) -> Iterator[Sign]:
    code = _MAGIC.sub("pass", step.cell.source)
    try:
        names = list(_names(ast.parse(code), given))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        names = list(_words(code))
    seen: set[tuple[int, str]] = set()
    for line, name in names:
        what = _what(name, forbidden)
        if what and (line, what) not in seen:
            seen.add((line, what))
            yield Sign(step.name, line, what[:200])


def _what(name: str, forbidden: Sequence[str]) -> str:
    for each in forbidden:
        if name == each or name.startswith(each + "."):
            return f"uses {each}, which would do the exercise's work"
    if _CHECK_ITSELF.match(name):
        return ""
    for each, what in _REACHES.items():
        if name == each or name.startswith(each + "."):
            return f"uses {name}: it reaches for {what}"
    if name.startswith("torch") and name.endswith(_UNNAMED):
        return f"uses something of {name.removesuffix(_UNNAMED)} whose name is put together while it runs"
    if _PRIVATE.match(name):
        return f"uses {name}: it reaches for {_BELOW}"
    if name.rpartition(".")[2] in _INSIDE:
        return f"uses {name.rpartition('.')[2]}: it reaches for {_OTHERS}"
    return ""


def _names(tree: ast.Module, given: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Every name with its line, as a full name as far as the cell's own imports and the `given` ones tell."""
    bound = {"nn": "torch.nn", "F": "torch.nn.functional", **given}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node.lineno, f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = _dotted(node)
            first, _, rest = name.partition(".")
            yield node.lineno, f"{bound.get(first, first)}.{rest}"
            yield node.lineno, f"torch.Tensor.{node.attr}"
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Call) and (module := _looked_up(node)):
            first, _, rest = module.partition(".")
            yield node.lineno, f"{bound.get(first, first)}.{rest}".rstrip(".") + _UNNAMED


def _looked_up(call: ast.Call) -> str:
    """From what the call takes something whose name does not stand there; empty if it does no such thing."""
    if not isinstance(call.func, ast.Name) or call.func.id not in ("getattr", "vars") or not call.args:
        return ""
    named = len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    return "" if named else _dotted(call.args[0])


def _words(code: str) -> Iterator[tuple[int, str]]:
    """What looks like a name, with its line: of modules and functions that are called by their own names."""
    for line, text in enumerate(code.split("\n"), start=1):
        for found in _WORD.finditer(text):
            yield line, found["module"] or found["name"]


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
