"""Finds signs that something ready-made did an exercise's work, or that code uses what no exercise needs.

They are found in the code, without running it, and shown to the instructor with the place. No grade changes.
"""

from collections.abc import Collection, Iterator, Sequence

from grader.autograde.delegation_names import Found, found_in
from grader.autograde.merge_answers import NotebookStep
from grader.autograde.task import DelegationSign
from grader.notebook.cells import plain_python
from grader.notebook.definitions import LONGEST
from grader.notebook.imports import imports_of
from utils.checks.engine.untrusted import readable
from utils.checks.watch.forbidden_calls import ALWAYS

_LONGEST_NOTEBOOK = 10 * LONGEST
_MAX_SIGNS = 50
"""Of one notebook: the one that matters must not be hidden among thousands."""


def find_delegation(steps: Sequence[NotebookStep]) -> list[DelegationSign]:
    """Returns the signs in a notebook's answers and in the student's own cells, in order."""
    found: list[DelegationSign] = []
    left, bound, own = _LONGEST_NOTEBOOK, *_given(steps)
    for place, step in enumerate(steps):
        if step.is_run and _is_students(step):
            left -= len(step.cell.source)
            if len(step.cell.source) > LONGEST or left < 0:
                found.append(DelegationSign(step.name, 0, "is too long to be looked through: do it yourself"))
            else:
                found += _signs(step, _forbidden_after(steps[place + 1 :]), bound, own)
    return found if len(found) <= _MAX_SIGNS else [*found[:_MAX_SIGNS], _and_more(found[_MAX_SIGNS:])]


def _is_students(step: NotebookStep) -> bool:
    return step.is_own or not step.cell.metadata.get("nbgrader", {}).get("locked")


def _given(steps: Sequence[NotebookStep]) -> tuple[dict[str, str], frozenset[str]]:
    """Returns the imports of the instructor's own cells: full names by bound name, and the modules."""
    cells = [step.cell for step in steps if step.is_run and not _is_students(step)]
    imports = [each for cell in cells for each in imports_of(plain_python(cell))]
    names = {"nn": "torch.nn", "F": "torch.nn.functional"}
    names |= {each.bound: f"{each.module}.{each.name}" if each.name else each.module for each in imports}
    for each in imports:
        if each.name is None and each.alias is None:  # `import torch.nn` binds `torch`
            names[each.bound] = each.module.partition(".")[0]
    modules = {f"{each.module}.{each.name}" if each.name else each.module for each in imports}
    return names, frozenset(modules)


def _and_more(others: Sequence[DelegationSign]) -> DelegationSign:
    return DelegationSign(others[0].cell, others[0].line, f"and {len(others):,} more signs, from here on")


def _forbidden_after(steps: Sequence[NotebookStep]) -> tuple[str, ...]:
    """Returns what the exercise of a work cell forbids: its checks follow it, before the next exercise."""
    names: list[str] = list(ALWAYS)
    for step in steps:
        if step.is_run and not step.is_own:
            break
        names += [name for check in step.checks for name in check.forbidden]
    return tuple(dict.fromkeys(names))


def _signs(
    step: NotebookStep, forbidden: Sequence[str], bound: dict[str, str], own: Collection[str]
) -> Iterator[DelegationSign]:
    seen: set[Found] = set()
    for line, what in sorted(found_in(step.cell.source, bound, forbidden, own)):
        if (line, what) not in seen:
            seen.add((line, what))
            yield DelegationSign(step.name, line, readable(what)[:200])
