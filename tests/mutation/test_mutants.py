"""The mutants of a cell: one change each, all different, inside the solution alone."""

import ast

import pytest

from grader.tools.mutation.mutants import mutants_of

CHANGES = {
    "x < 3": {"x <= 3", "x >= 3", "x < 4", "x < 2"},
    "x is not None": {"x is None", "x"},
    "x is None": {"x is not None", "not x"},
    "x + y": {"x - y", "x", "y"},
    "x - y": {"x + y", "y - x"},
    "x @ y": {"y @ x", "x", "y"},
    "-x": {"x"},
    "not x": {"x"},
    "x and y": {"x or y", "x", "y"},
    "x.sum(dim=-1, keepdim=True)": {
        "x.sum(dim=-2, keepdim=True)",
        "x.sum(dim=-0, keepdim=True)",
        "x.sum(dim=1, keepdim=True)",
        "x.sum(dim=-1, keepdim=False)",
        "x.sum(dim=-1)",
        "x.mean(dim=-1, keepdim=True)",
        "x",
    },
    "x.transpose(0, 1)": {"x", "x.transpose(1, 0)", "x.transpose(0)"},
    "x.clone()": {"x"},
    "x.squeeze(-1)": {"x.squeeze()"},
    "x[y:]": {"x[:]", "x[y + 1:]", "x[y - 1:]"},
    "range(y)": {"range(y + 1)", "range(y - 1)"},
    "float('-inf')": {"float('inf')", "float('-100')"},
    "torch.Generator().manual_seed(y)": {"torch.manual_seed(y)"},
    "einsum(x, y, 'a b, a c -> b c')": {"einsum(x, y, 'a b, a c -> c b')", "einsum(y, x, 'a b, a c -> b c')"},
    "x if y else 0": {"x", "0"},
    "[each for each in x if each]": {"[each for each in x]", "[each for each in list(x)[1:] if each]"},
    "1e-8": {"0.0", "1e-07"},
    "True": {"False"},
}


def returned(expression: str) -> set[str]:
    """What the mutants of a function that returns the expression return."""
    cell = f"def f(x, y):\n    ### BEGIN SOLUTION\n    return {expression}\n    ### END SOLUTION\n"
    bodies = (ast.parse(mutant.code).body[0].body[0] for mutant in mutants_of(cell))
    return {ast.unparse(body.value) for body in bodies if isinstance(body, ast.Return)}


@pytest.mark.parametrize("expression", CHANGES)
def test_an_expression_is_changed_in_every_way_that_its_operators_know(expression):
    expected = {ast.unparse(ast.parse(each, mode="eval")) for each in CHANGES[expression]}
    assert expected - returned(expression) == set()


@pytest.mark.parametrize("expression", CHANGES)
def test_every_value_that_comes_back_is_also_squeezed(expression):
    if expression not in {"1e-8", "True"}:
        (squeezed,) = (ast.parse(f"({expression}).squeeze()", mode="eval"),)
        assert ast.unparse(squeezed) in returned(expression)


CELL = '''
import torch

LIMIT = 3

def f(x, y=1):
    """Adds 1 to x."""
    before = x + 1
    ### BEGIN SOLUTION
    total = 0
    for each in x:
        if each > 2:
            continue
        total += each
    assert total < 9, "too many of 10"
    return total
    ### END SOLUTION
'''


def test_nothing_outside_the_solution_is_changed():
    for mutant in mutants_of(CELL):
        tree = ast.parse(mutant.code)
        assert ast.unparse(tree.body[1]) == "LIMIT = 3"
        assert ast.unparse(tree.body[2].body[1]) == "before = x + 1"


def test_statements_are_left_out_and_loops_cut_short():
    codes = [mutant.code for mutant in mutants_of(CELL)]
    for change in (
        "for each in list(x)[1:]:",
        "for each in list(x)[:-1]:",
        "for each in list(x)[::-1]:",
        "break",
        "if True:",
        "if False:",
        "total -= each",
        "total = each",
        "    for each in x:\n        pass\n        total += each",
    ):
        assert any(change in code for code in codes), change


def test_another_variable_of_the_function_stands_in():
    assert {"y + 1", "x + 1"} >= returned("y + 1") & {"x + 1", "y + 1"} >= {"x + 1"}


def test_no_two_mutants_are_the_same_program_and_none_is_the_solution():
    mutants = mutants_of(CELL)
    programs = [ast.unparse(ast.parse(mutant.code)) for mutant in mutants]
    assert len(set(programs)) == len(programs)
    assert ast.unparse(ast.parse(CELL)) not in programs


def test_names_of_changes_are_unique_and_show_what_differs():
    changes = [mutant.change for mutant in mutants_of(CELL)]
    assert len(set(changes)) == len(changes)
    assert {"if each >{ → =} 2:", "total {+ → -}= each", "return {total → total.squeeze()}"} <= set(changes)
