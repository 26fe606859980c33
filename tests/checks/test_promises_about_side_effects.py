"""What a docstring promises about side effects is what its check asks for, and the other way round."""

import ast
import re

import pytest

from grader.cells import is_kind, plain_python
from grader.sources import read_source

from .taught import REPOSITORY, TAUGHT, name_of, notebook_of, of_week

UNTOUCHED = re.compile(
    r"\b(?:is|are)\s+(?:itself\s+)?left\s+as\s+(?:it|they)\s+(?:was|were)\b", re.IGNORECASE
)
RANDOM = re.compile(r"random\s+state|generator")
CASES = [verdict for week in TAUGHT for verdict in of_week(week) if verdict.check.name != "shape_table"]


def promises(verdict):
    """The sentences of the exercise's docstrings that say what stays as it was."""
    found = []
    for tree in map(ast.parse, _cells(verdict.check.week)):
        for node in tree.body:
            if getattr(node, "name", "") == _defined(verdict):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.FunctionDef | ast.ClassDef):
                        found += re.split(r"(?<=[.;:])\s+", ast.get_docstring(inner) or "")
    return [sentence for sentence in found if UNTOUCHED.search(sentence)]


def _defined(verdict):
    return notebook_of(verdict.check.week).submitted[verdict.check.name]


def _cells(folder):
    (week,) = (each for each in TAUGHT if each.folder == folder)
    return [
        plain_python(each) for each in read_source(REPOSITORY, week).notebook.cells if is_kind(each, "work")
    ]


@pytest.mark.parametrize("verdict", CASES, ids=name_of)
def test_inputs_that_stay_as_they_were_are_asked_for_as_promised(verdict):
    promised = [sentence for sentence in promises(verdict) if not RANDOM.search(sentence)]
    assert bool(promised) == (verdict.check.changes_inputs == "wrong")


@pytest.mark.parametrize("verdict", CASES, ids=name_of)
def test_the_random_state_is_asked_for_as_promised(verdict):
    """A promise about torch's own generator when another one is given is part of what the check compares."""
    promised = [sentence for sentence in promises(verdict) if "random state" in re.sub(r"\s+", " ", sentence)]
    assert bool(promised) == (verdict.check.random_state == "wrong")
