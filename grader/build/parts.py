"""Writes `parts.py`: the official versions of the code that a week reuses from earlier weeks."""

import ast
import builtins
import symtable
from collections.abc import Iterable, Sequence

from grader.build.source import Source
from grader.notebook.cells import is_kind, is_part, plain_python, without_marks
from grader.notebook.imports import LONGEST_LINE, Import, imports_of, name_order, write_imports
from utils.errors import CourseError
from utils.weeks import Week

_DOCSTRING = '''"""The course's own parts from {weeks}: what week {number} builds on.

Written by `course build` from the earlier weeks' solutions; what you change here, the next build undoes.
To build on a part that you wrote yourself, put a line like this one below the notebook's imports:

    from utils.own_parts import {example}

Grading takes the parts of this file all the same, so that no mistake is paid for twice.
"""'''


def write_parts(week: Week, earlier: Sequence[Source]) -> str | None:
    """Returns the text of the week's `parts.py`; None if no earlier week has parts.

    Raises:
        CourseError: a part uses a name that is neither imported nor defined, or a name has two definitions.
    """
    sources = [source for source in earlier if _part_codes(source)]
    names = _defined(sources)
    public = [name for name in names if not name.startswith("_")]
    if not public:
        return None
    bodies = [_body(source) for source in sources]
    imports = write_imports(_needed_imports(sources, set(names)))
    head = "\n\n".join(filter(None, [_docstring(week, sources, public), imports, _write_all(public)]))
    return "\n\n\n".join([head, *bodies]) + "\n"


def _docstring(week: Week, sources: Sequence[Source], public: Sequence[str]) -> str:
    weeks = _spell([source.week.number for source in sources])
    return _DOCSTRING.format(weeks=weeks, number=week.number, example=public[-1])


def _part_codes(source: Source) -> list[str]:
    return [without_marks(cell.source).strip("\n") for cell in source.notebook.cells if is_part(cell)]


def _body(source: Source) -> str:
    heading = f"# Week {source.week.number}: {source.week.title}"
    return "\n\n\n".join([heading, *_part_codes(source)])


def _defined(sources: Iterable[Source]) -> list[str]:
    definers: dict[str, Source] = {}
    for source in sources:
        for name in _top_level_names("\n".join(_part_codes(source))):
            if name in definers:
                raise CourseError(
                    f"{source.label}: the part {name} is also one of {definers[name].label}; "
                    "rename one, or take the tag part from it."
                )
            definers[name] = source
    return sorted(definers, key=name_order)


def _top_level_names(code: str) -> list[str]:
    names = []
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.append(statement.name)
        else:
            names += [
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            ]
    return list(dict.fromkeys(names))


def _needed_imports(sources: Iterable[Source], defined: set[str]) -> set[Import]:
    found: dict[str, Import] = {}
    for source in sources:
        offered = {each.bound: each for each in _set_up_imports(source)}
        for name in sorted(_names_from_outside(source) - defined):
            if name not in offered:
                raise CourseError(
                    f"{source.label}: a part uses {name}, which no set-up cell imports and no part defines."
                )
            if found.setdefault(name, offered[name]) != offered[name]:
                raise CourseError(f"{source.label}: {name} is another import here than in an earlier week.")
    return set(found.values())


def _set_up_imports(source: Source) -> list[Import]:
    cells = [cell for cell in source.notebook.cells if is_kind(cell, "set-up")]
    return [each for cell in cells for each in imports_of(plain_python(cell))]


def _names_from_outside(source: Source) -> set[str]:
    code = "\n".join(_part_codes(source))
    used: set[str] = set()
    tables = [symtable.symtable(code, source.label, "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        used |= {each.get_name() for each in table.get_symbols() if each.is_global() and each.is_referenced()}
    return used - set(_top_level_names(code)) - set(dir(builtins))


def _write_all(names: Sequence[str]) -> str:
    line = f"__all__ = [{', '.join(map(_quoted, names))}]"
    if len(line) <= LONGEST_LINE:
        return line
    return "__all__ = [\n" + "".join(f"    {_quoted(name)},\n" for name in names) + "]"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _spell(numbers: Sequence[int]) -> str:
    words = [str(number) for number in numbers]
    return f"week {words[0]}" if len(words) == 1 else f"weeks {', '.join(words[:-1])} and {words[-1]}"
