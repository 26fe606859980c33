"""What a docstring promises about side effects is what its check asks for, and the other way round."""

import ast
import re

import pytest

from grader.build.source import read_source
from grader.notebook.cells import is_kind, plain_python

from .taught import REPOSITORY, TAUGHT, name_of, notebook_of, of_week

UNTOUCHED = re.compile(
    r"\b(?:is|are)\s+(?:itself\s+)?left\s+as\s+(?:it|they)\s+(?:was|were)\b", re.IGNORECASE
)
RANDOM = re.compile(r"random\s+state|generator")
CASES = [
    answer_key for week in TAUGHT for answer_key in of_week(week) if answer_key.check.name != "shape_table"
]


def promises(answer_key):
    """The sentences of the exercise's docstrings that say what stays as it was."""
    found = []
    for tree in map(ast.parse, _cells(answer_key.check.week)):
        for node in tree.body:
            if getattr(node, "name", "") == _defined(answer_key):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.FunctionDef | ast.ClassDef):
                        found += re.split(r"(?<=[.;:])\s+", ast.get_docstring(inner) or "")
    return [sentence for sentence in found if UNTOUCHED.search(sentence)]


def _defined(answer_key):
    return notebook_of(answer_key.check.week).submitted[answer_key.check.name]


def _cells(folder):
    (week,) = (each for each in TAUGHT if each.folder == folder)
    return [
        plain_python(each) for each in read_source(REPOSITORY, week).notebook.cells if is_kind(each, "work")
    ]


@pytest.mark.parametrize("answer_key", CASES, ids=name_of)
def test_inputs_that_stay_as_they_were_are_asked_for_as_promised(answer_key):
    promised = [sentence for sentence in promises(answer_key) if not RANDOM.search(sentence)]
    assert bool(promised) == (answer_key.check.changes_inputs == "wrong")


@pytest.mark.parametrize("answer_key", CASES, ids=name_of)
def test_the_random_state_is_asked_for_as_promised(answer_key):
    """A promise about torch's own generator when another one is given is part of what the check compares."""
    promised = [
        sentence for sentence in promises(answer_key) if "random state" in re.sub(r"\s+", " ", sentence)
    ]
    assert bool(promised) == (answer_key.check.random_state == "wrong")
