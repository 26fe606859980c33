"""The bugs on which the trace is measured: every kind is there, in official solutions and right variants."""

import ast
from collections import Counter

import pytest

from grader.folders import find_root
from grader.tools.mutation.exercise import MutatedExercise, unrun_exercises_of
from grader.tools.mutation.mutants import mutants_of
from grader.tools.trace.bugs import Bug, bugs_of, bugs_of_variant, variants_of
from grader.tools.trace.in_place import in_place
from grader.tools.trace.kinds import ASKED, OTHERS
from grader.tools.trace.measure import in_order
from utils.weeks import WEEKS

IN_PLACE = {
    "resid = resid + x": {"resid += x", "resid = resid.add_(x)"},
    "y = x - x.mean()": {"y = x.sub_(x.mean())"},
    "y = x[:, 0] * 2": {"y = x[:, 0].mul_(2)"},
    "y = x.masked_fill(mask, 0)": {"y = x.masked_fill_(mask, 0)"},
    "y = torch.exp(x)": {"y = x.exp_()"},
    "y = x.view(2, 3)": set(),
    "y = x @ x": set(),
}
KINDS = {
    "y = a @ b": {"swapped operands", "missing term"},
    "y = a - b": {"swapped operands", "missing term", "wrong sign", "in place on a view"},
    "y = x.softmax(dim=-1)": {"wrong axis"},
    "y = x.transpose(1, 2)": {"wrong axis"},
    "n = x.shape[-1]": {"wrong axis"},
    "y = einsum(a, b, 'q k, k d -> q d')": {"wrong axis"},
    "y = -x": {"wrong sign"},
    "y = x * 0.5": {"wrong constant"},
    "y = x[1:]": {"off by one", "wrong slice"},
    "y = 3": {"off by one"},
    "y = x.clone()": {"in place on a view"},
    "y = x.tanh()": {"in place on a view", "call changed"},
    "for n in range(a):\n        b": {"wrong loop bound"},
    "while a < 3:\n        b": {"wrong loop bound"},
    "y = [n for n in a]": {"wrong loop bound"},
    "if a < 3:\n        b": {"comparison", "off by one"},
    "y = a and b": {"comparison", "wrong variable"},
}


def cell(statement: str) -> str:
    return f"def f(a, b, x, mask):\n    {statement}\n    return y\n"


@pytest.mark.parametrize("statement", IN_PLACE)
def test_operations_in_place(statement: str) -> None:
    mutants = mutants_of(cell(statement), in_place)
    assert {ast.unparse(ast.parse(each.code).body[0].body[0]) for each in mutants} == IN_PLACE[statement]  # type: ignore[attr-defined]


@pytest.mark.parametrize("statement", KINDS)
def test_the_kind_of_a_change(statement: str) -> None:
    exercise = MutatedExercise("week", "f", (cell(statement),), "f", {})
    assert KINDS[statement] <= {bug.kind for bug in bugs_of(exercise) if bug.line == 2}


def test_every_kind_is_drawn_from_official_solutions_and_from_variants() -> None:
    root, week = find_root(), WEEKS[4]
    exercises = {each.name: each for each in unrun_exercises_of(root, week)}
    official = [bug for each in exercises.values() for bug in bugs_of(each)]
    variants = [
        bug
        for check, each in variants_of(root, week).items()
        for name, code, _ in each
        for bug in bugs_of_variant(exercises[check], name, code)
    ]
    for bugs in (official, variants):
        assert {bug.kind for bug in bugs} >= {*ASKED} - {"wrong loop bound", "wrong constant"}
        assert {bug.kind for bug in bugs} <= {*ASKED, *OTHERS}
    assert len({bug.key for bug in official + variants}) == len(official + variants)
    assert {bug.kind for bug in official + variants} >= {*ASKED}


def bug(check: str, origin: str, kind: str, number: int) -> Bug:
    return Bug("week", check, origin, kind, f"{kind} {number}", "", 1)


def test_the_seeds_share_no_bug_and_kinds_take_turns() -> None:
    bugs = [bug("f", origin, kind, n) for origin in ("official", "loop") for kind in ASKED for n in range(40)]
    halves = {seed: in_order(bugs, seed) for seed in "ABC"}
    assert {each.key for each in halves["A"]}.isdisjoint(each.key for each in halves["B"])
    assert {each.key for each in halves["B"]} == {each.key for each in halves["C"]}
    assert halves["B"] != halves["C"] == in_order(bugs, "C")
    first = halves["A"][: 2 * len(ASKED)]
    assert set(Counter((each.origin, each.kind) for each in first).values()) == {1}
