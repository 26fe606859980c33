"""The hints of a week's exercises, and what they give away of the solution.

The rule. A hint may name functions and show what they do on an example of its own. It gives the solution
away where its code shares a run of `RUN` characters or more with a line of the exercise's solution, or
where it holds a whole statement or the value that it computes; white space and the kind of quotation marks
do not count. Names alone, such as `torch.nn.functional.one_hot`, give nothing away.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import dedent

from nbformat import NotebookNode

from grader.build.source import Source
from grader.notebook.cells import grade_id, is_kind, solution_regions

RUN = 25
"""Characters in a row, without white space."""
SHORTEST = 10
"""Characters of a statement that no hint holds: shorter ones, such as `x + 1`, are written by accident."""

_FOLDED = re.compile(r"<details>\s*<summary>(?P<title>(?:(?!</summary>).)*)</summary>|</details>", re.DOTALL)
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_NAMES = re.compile(r"[\w.]*")
_HELP = ("Hint ", "If you see ")


@dataclass(frozen=True)
class Hint:
    """A folded text that helps with an exercise."""

    exercise: str
    title: str
    text: str


def hints(source: Source) -> list[tuple[Hint, NotebookNode]]:
    """Every hint of the week, with the work cell that it helps with."""
    found: list[tuple[Hint, NotebookNode]] = []
    waiting: list[tuple[str, str]] = []
    for cell in source.notebook.cells:
        if cell.cell_type == "markdown":
            waiting += folded(cell.source)
        elif is_kind(cell, "work"):
            name = grade_id(cell) or ""
            found += [(Hint(name, title, text), cell) for title, text in waiting]
            waiting = []
    return found


def folded(text: str) -> list[tuple[str, str]]:
    """The titles and texts of the hints in a text cell; a hint inside another counts as one of its own."""
    found, opened = [], []
    for match in _FOLDED.finditer(text):
        if match["title"] is not None:
            opened.append((match["title"].strip(), match.end()))
        elif opened:
            title, start = opened.pop()
            found.append((title, text[start : match.start()]))
    return [(title, inside) for title, inside in found if title.startswith(_HELP)]


def code_in(text: str) -> Iterator[str]:
    """The code in a text: the lines of its blocks, and what is between backticks."""
    for block in _FENCED.findall(text):
        yield from block.splitlines()
    yield from _INLINE.findall(_FENCED.sub("", text))


def given_away(text: str, work: NotebookNode) -> list[str]:
    """What a hint's code shows of the solution in `work`, by the rule above."""
    given = squeeze(_outside(work))
    lines = [squeeze(line) for region in solution_regions(work) for line in region]
    whole = {squeeze(each) for region in solution_regions(work) for each in statements(region)}
    found = []
    for code in map(squeeze, code_in(text)):
        runs = (longest_run(code, line) for line in lines)
        shown = [run for run in runs if len(run) >= RUN and not _NAMES.fullmatch(run.strip("()[],=:"))]
        shown += [each for each in whole if each in code]
        found += [each for each in shown if each not in given]
    return sorted(set(found))


def statements(region: Iterable[str]) -> Iterator[str]:
    """A solution's statements and the values that they compute, as code, without those that say little."""
    for node in ast.walk(ast.parse(_as_statements(region))):
        value = getattr(node, "value", None)
        statement = isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr)
        if statement and isinstance(value, ast.expr) and not isinstance(value, ast.Constant):
            for code in map(ast.unparse, (node, value)):
                if len(squeeze(code)) >= SHORTEST and not _NAMES.fullmatch(squeeze(code)):
                    yield code


def longest_run(one: str, other: str) -> str:
    """The longest text that two texts share."""
    best, lengths = (0, 0), [0] * (len(other) + 1)
    for end, letter in enumerate(one, start=1):
        row = [0] * (len(other) + 1)
        for place, there in enumerate(other, start=1):
            if letter == there:
                row[place] = lengths[place - 1] + 1
                best = max(best, (row[place], end))
        lengths = row
    return one[best[1] - best[0] : best[1]]


def squeeze(code: str) -> str:
    """Code without comment, white space, and differences between quotation marks."""
    return "".join(code.split("  # ", maxsplit=1)[0].split()).replace("'", '"')


def _as_statements(region: Iterable[str]) -> str:
    # The region is the inside of a function, and may begin deeper than it ends.
    lines = list(region)
    try:
        ast.parse(dedent("\n".join(lines)))
        return dedent("\n".join(lines))
    except SyntaxError:
        return "\n".join(line.strip() for line in lines if _parses(line.strip()))


def _parses(line: str) -> bool:
    try:
        ast.parse(line)
    except SyntaxError:
        return False
    return True


def _outside(work: NotebookNode) -> str:
    """What the work cell gives: its code outside the solution's regions."""
    text = work.source
    for region in solution_regions(work):
        text = text.replace("\n".join(region), "")
    return text
