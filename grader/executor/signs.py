"""Signs that something ready-made did an exercise's work, or that code reaches for what no exercise needs.

They are read in the code, without running it, and shown to the instructor with the place. No grade changes.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from grader.executor.assemble import Step
from grader.executor.task import Sign
from utils.checks.ready_made import ALWAYS

LONGEST = 20_000
"""Characters of a cell that is read. Text that means to be takes Python's parser gigabytes and minutes: its
memory grows with the square of the dots in `import a.b.b…`."""
_LONGEST_NOTEBOOK = 10 * LONGEST
_MOST = 50
"""Signs of one notebook: who would bury the one that counts must not be able to."""

_MAGIC = re.compile(r"^[%!?].*$", re.MULTILINE)
"""IPython's own lines. Its full translation is too slow for text that means to be."""

_REACHES = {
    "utils.verdicts": "the verdicts",
    "utils.checks": "what the checks are made of",
    "grader": "the grader",
    "ctypes": "the process's memory",
    "torch.ops": "ready-made operations below their names in Python",
    "torch._C": "ready-made operations below their names in Python",
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
    left = _LONGEST_NOTEBOOK
    for place, step in enumerate(steps):
        if step.is_run and (step.is_own or not step.cell.metadata.get("nbgrader", {}).get("locked")):
            left -= len(step.cell.source)
            if len(step.cell.source) > LONGEST or left < 0:
                found.append(Sign(step.name, 0, "is too long to be looked through: do it yourself"))
            else:
                found += _signs(step, _forbidden_after(steps[place + 1 :]))
    return found if len(found) <= _MOST else [*found[:_MOST], _and_more(found[_MOST:])]


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
            yield Sign(step.name, line, what[:200])


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
