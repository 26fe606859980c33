"""Advice after an error: by the kind of error, and right for each kind."""
# ruff: noqa: E501 -- each body has one line together with its advice

import pytest
import torch

from utils.answers import error_advice as advice_module
from utils.checks.engine.student_error import StudentError

from .test_messages import LONGEST
from .toy import report_on, text_of, written_by_student

HEAD = """\
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from einops import rearrange


"""

ERRORS = {
    "a name misspelt": ("return troch.ones(2)", "spelt as where it is made"),
    "a cell that was not run": ("return scale * x", "has the cell that makes it been run"),
    "a local name on one path": ("if x is None:\n        y = 1\n    return y", "on which path"),
    "endless recursion": ("return double(x)", "calls itself without end"),
    "a module that is not there": ("import troch\n    return x", "is the name of what is imported spelt right"),
    "None in a sum": ("return x + None", "is None there"),
    "None asked for a method": ("return None.sum()", "is None there"),
    "None by an index": ("y = None\n    return y[0]", "is None there"),
    "None given to torch": ("return F.linear(None, x)", "is None there"),
    "nothing of that name in torch": ("return torch.duble(x)", "the library has nothing of that name"),
    "nothing of that name in a tensor": ("return x.duble()", "has nothing of that name"),
    "an own attribute": ("class A: pass\n    return A().b", "given to `self`"),
    "one argument too few": ("def f(a, b): return a\n    return f(x)", "too many values or too few"),
    "an unknown keyword": ("def f(a): return a\n    return f(x, b=1)", "too many values or too few"),
    "a value twice": ("def f(a): return a\n    return f(x, a=1)", "too many values or too few"),
    "self forgotten": ("class A:\n        def f(): return 1\n    return A().f()", "is `self` the first"),
    "a constructor misspelt": ("class A:\n        def __int__(self, a): pass\n    return A(x)", "called `__init__`"),
    "a Module's constructor misspelt": (
        "class A(nn.Module):\n        def __int__(self, a): pass\n    return A(x)",
        "called `__init__`",
    ),
    "no parent's constructor": (
        "class A(nn.Module):\n        def __init__(self): self.w = nn.Parameter(torch.ones(1))\n    return A()",
        "its parent's `__init__`",
    ),
    "no parent's constructor, a Module": (
        "class A(nn.Module):\n        def __init__(self): self.w = nn.Linear(1, 1)\n    return A()",
        "its parent's `__init__`",
    ),
    "no parent's constructor, a call": (
        "class A(nn.Module):\n        def __init__(self): pass\n    return A()(x)",
        "its parent's `__init__`",
    ),
    "foward": ("class A(nn.Module):\n        def foward(self, x): return x\n    return A()(x)", "spelt `forward`"),
    "a method not called": ("return x.sum + 1", "parentheses of a call"),
    "a method not called, indexed": ("return x.sum[0]", "parentheses of a call"),
    "a tensor called": ("return x(1)", "something that is no function is called"),
    "a number called": ("y = 2\n    return y(x)", "something that is no function is called"),
    "numpy given to torch": ("return F.relu(x.numpy())", "numpy and torch meet"),
    "a combination of arguments": ("return torch.zeros('a')", "in which order"),
    "a list given to torch": ("return F.relu([1.0])", "in which order"),
    "a string and a number": ("return 'a' + 1", "print the type of each value"),
    "no iterable": ("return [y for y in 3]", "print the type of each value"),
    "too many to unpack": ("a, b, c = x.shape\n    return a", "names on the left"),
    "an axis too far": ("return x.sum(dim=3)", "an axis is named that the tensor has not"),
    "too many indices": ("return x[0, 0, 0]", "more parts than the tensor has axes"),
    "an index of floats": ("return x[x]", "a tensor of whole numbers"),
    "a mask with an axis too few": ("return x[:, None].expand(-1, 5, -1)[torch.ones(x.shape, dtype=torch.bool)]", "from the first on"),
    "a mask of another shape": ("return x[torch.ones(99, dtype=torch.bool)]", "a boolean mask takes the place"),
    "past the end of an axis": ("return x[99]", "goes past the end"),
    "past the end of a list": ("return [1][2]", "goes past the end"),
    "past the end of a table": ("return F.embedding(torch.tensor([99]), x)", "goes past the end"),
    "a key": ("return {}['a']", "which keys"),
    "a division by zero": ("return 1 / 0", "the divisor 0"),
    "too large for a float": ("return 2.0 ** 10_000", "grows past all bounds"),
    "an iterator that ends": ("return next(iter([]))", "ends too early"),
    "bytes that are no text": ("return b'\\xff'.decode()", "not every sequence of bytes is text"),
    "a file": ("return open('/no/such/file')", "which file or folder"),
    "an assert": ("assert x is None", "an assert that did not hold"),
    "an exit": ("raise SystemExit(1)", "by `return`"),
    "einops": ("return rearrange(x, 'a b c -> a')", "each name of the pattern"),
    "einsum, a letter too many": ("return torch.einsum('abc->a', x)", "one letter for each axis"),
    "einsum, sizes": ("return torch.einsum('ab,ab->a', x, x[:, 1:])", "one letter for each axis"),
    "a product": ("return x @ x", "in a product of matrices"),
    "a product of vectors": ("return torch.ones(2) @ torch.ones(3)", "in a product of matrices"),
    "a batched product": ("return torch.ones(2, 3, 4) @ torch.ones(2, 3, 4)", "in a product of matrices"),
    "bmm": ("return torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 3, 4))", "in a product of matrices"),
    "a matrix and a vector": ("return torch.ones(2, 3) @ torch.ones(4)", "in a product of matrices"),
    "a linear layer": ("return F.linear(x, torch.ones(1, 77))", "in a product of matrices"),
    "broadcasting": ("return torch.ones(2, 3) + torch.ones(2)", "from the last to the first"),
    "broadcasting into a slice": ("y = torch.ones(2, 3)\n    y[:, 0] = torch.ones(5)\n    return y", "the sizes must be equal"),
    "expand": ("return torch.ones(2, 3).expand(2, 4)", "the sizes must be equal"),
    "reshape": ("return torch.ones(2, 3).reshape(4, 4)", "just as many numbers"),
    "view": ("return torch.ones(2, 3).T.view(6)", "in its own order"),
    "cat": ("return torch.cat([torch.ones(2, 3), torch.ones(2, 4)])", "that are joined"),
    "cat, axes": ("return torch.cat([torch.ones(2, 3), torch.ones(2)])", "that are joined"),
    "stack": ("return torch.stack([torch.ones(2), torch.ones(3)])", "that are joined"),
    "permute": ("return x.permute(0, 1, 2)", "each axis is named once"),
    "gather, axes": ("return x.gather(0, torch.tensor([0]))", "points inside it"),
    "gather, bounds": ("return x.gather(0, torch.full_like(x, 99).long())", "points inside it"),
    "a leaf in place": ("w = nn.Parameter(x)\n    w += 1\n    return w", "in place"),
    "a leaf's view in place": ("w = nn.Parameter(x)\n    w[0] = 1\n    return w", "in place"),
    "changed before backward": (
        "w = nn.Parameter(x)\n    y = w.exp()\n    y += 1\n    y.sum().backward()\n    return y",
        "in place",
    ),
    "backward twice": (
        "w = nn.Parameter(x)\n    y = w.exp().sum()\n    y.backward()\n    y.backward()\n    return y",
        "uses the graph up",
    ),
    "no gradient": ("x.sum().backward()\n    return x", "gradient start from"),
    "no scalar": ("nn.Parameter(x).exp().backward()\n    return x", "gradient start from"),
    "numpy of a parameter": ("return nn.Parameter(x).numpy()", "numpy knows no gradients"),
    "a truth of many": ("return 1 if x > 0 else 0", "one number or one True or False"),
    "a number of many": ("return float(x)", "one number or one True or False"),
    "CUDA": ("return x.cuda()", "on its input's device"),
    "another device": ("return x + torch.ones(2, 3, device='meta')[:1, :1]", ""),
    "float and double": ("return torch.ones(2, 2) @ torch.ones(2, 2).double()", "print the dtypes"),
    "a mean of integers": ("return torch.ones(2).long().mean()", "print the dtypes"),
    "a softmax of integers": ("return x.long().softmax(0)", "print the dtypes"),
    "a float put into integers": ("y = torch.ones(2).long()\n    y += 0.5\n    return y", "print the dtypes"),
    "ids that are floats": ("return F.embedding(torch.ones(2), x)", "print the dtypes"),
    "a gradient of integers": ("return torch.ones(2).long().requires_grad_()", "print the dtypes"),
    "probabilities": ("return torch.multinomial(torch.tensor([-1.0, 2.0]), 1)", "probabilities are finite"),
    "far too large": ("return torch.ones(10**7, 10**8)", "far larger than the inputs"),
    "far too many": ("return [0] * 10**15", "far larger than the inputs"),
    "a split": ("return torch.ones(2, 3).split([1, 5])", "print the shapes"),
    "an own error": ("raise ValueError('the shift is too large')", "what does the error's text say"),
}  # fmt: skip


def error_of(body: str, folder) -> StudentError:
    """Return the error that a student's function with this body raises."""
    cell = written_by_student(f"{HEAD}def double(x):\n    {body}\n", folder)
    report = report_on(cell["double"])
    type_name, _, message = text_of(report, "error").partition(": ")
    where = text_of(report, "where")
    return StudentError(type_name, message, () if where.startswith("(") else tuple(where.split("\n")))


@pytest.mark.parametrize("name", ERRORS)
def test_the_advice_fits_the_error(name, tmp_path):
    body, part = ERRORS[name]
    cell = written_by_student(f"{HEAD}def double(x):\n    {body}\n", tmp_path)
    report = report_on(cell["double"])
    assert part in text_of(report, "look at"), text_of(report, "error")


def test_every_rule_has_an_error_that_it_is_for(tmp_path):
    """A rule that matches no error of today's torch is wrong or out of date."""
    errors = [error_of(body, tmp_path) for body, _ in ERRORS.values()]
    first = {
        next(
            (
                place
                for place, rule in enumerate(advice_module._RULES)
                if advice_module._matches(*rule[:2], error)
            ),
            None,
        )
        for error in errors
    }
    unused = [rule for place, rule in enumerate(advice_module._RULES) if place not in first]
    assert unused == []


def test_an_advice_is_a_line_and_no_solution():
    for _, _, text in advice_module._RULES:
        assert len(text) <= LONGEST, text
        assert "\n" not in text


@pytest.mark.parametrize(
    "double",
    [lambda: 2, lambda x, y: 2, lambda *, x: 2, torch.nn.Linear],
    ids=["none", "two", "by name", "class"],
)
def test_no_line_is_spoken_of_where_none_stands(double):
    report = report_on(double)
    assert text_of(report, "where") == "(raised before your own code began)"
    assert "line" not in text_of(report, "look at")
    assert "the parameters those of the cell" in text_of(report, "look at")


def test_hidden_inputs_are_not_spoken_of():
    report = report_on(lambda x: x @ x, reveal=False)
    assert text_of(report, "look at").startswith("other sizes and other values")
