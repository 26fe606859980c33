"""Signs that something ready-made did an exercise's work, or that code reaches for what no exercise needs.

They are read in the code, without running it, and shown to the instructor with the place. No grade changes.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from grader.executor.assemble import Step
from grader.executor.task import Sign
from utils.checks.ready_made import ALWAYS

_MAGIC = re.compile(r"^[%!?].*$", re.MULTILINE)
"""IPython's own lines. Its full translation is too slow for text that means to be."""

_REACHES = {
    "utils.verdicts": "the verdicts",
    "utils.checks.channel": "the way to the judge",
    "grader": "the grader",
    "ctypes": "the process's memory",
    "gc.get_objects": "other code's objects",
    "gc.get_referrers": "other code's objects",
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


def signs_in(steps: Sequence[Step]) -> list[Sign]:
    """The signs in a notebook's answers and in the student's own cells, in order."""
    found: list[Sign] = []
    for place, step in enumerate(steps):
        if step.is_run and (step.is_own or not step.cell.metadata.get("nbgrader", {}).get("locked")):
            found += _signs(step, _forbidden_after(steps[place + 1 :]))
    return found


def _forbidden_after(steps: Sequence[Step]) -> tuple[str, ...]:
    """What the exercise of a work cell forbids: its checks follow it, before the next exercise."""
    names: list[str] = list(ALWAYS)
    for step in steps:
        if step.is_run and not step.is_own:
            break
        names += [name for check in step.checks for name in check.forbidden]
    return tuple(dict.fromkeys(names))


def _signs(step: Step, forbidden: Sequence[str]) -> Iterator[Sign]:
    try:
        names = list(_names(ast.parse(_MAGIC.sub("pass", step.cell.source))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    seen: set[tuple[int, str]] = set()
    for line, name in names:
        what = _what(name, forbidden)
        if what and (line, what) not in seen:
            seen.add((line, what))
            yield Sign(step.name, line, what)


def _what(name: str, forbidden: Sequence[str]) -> str:
    for each in forbidden:
        if name == each or name.startswith(each + "."):
            return f"uses {each}, which would do the exercise's work"
    for each, what in _REACHES.items():
        if name == each or name.startswith(each + "."):
            return f"uses {name}: it reaches for {what}"
    return ""


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every imported or dotted name with its line, as a full name as far as the cell's own imports tell."""
    bound = {"nn": "torch.nn", "F": "torch.nn.functional"}  # as the notebooks' set-up cells name them
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


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
