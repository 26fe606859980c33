"""`from utils.own_parts import ...` in a notebook: the part that it imports, and the errors."""

import dataclasses
import importlib
import os
import pickle
import sys

import pytest

from utils.own_parts import NoOwnPart
from utils.weeks import find_week

from . import notebooks as make

SOFTMAX = """
def softmax(x):
    weights = [math.exp(value) for value in x]
    return [weight / sum(weights) for weight in weights]
"""
NORM = """
class LayerNorm:
    def __call__(self, x):
        return softmax([value * SCALE for value in x])
"""


@pytest.fixture
def own(copy, monkeypatch):
    """A function that imports a name from `utils.own_parts` as week 6's notebook would."""
    folder = copy / "week06_heads"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "parts", raising=False)
    importlib.invalidate_caches()

    def import_(name):
        space = {}
        exec(f"from utils.own_parts import {name}", space)
        return space[name]

    return import_


def week(copy, number, *cells):
    return make.save(find_week(number), copy, *cells)


def test_the_part_comes_with_what_it_needs_and_nothing_else_runs(copy, own, capsys):
    cells = [
        make.set_up("import math\nimport not_installed_here\nprint('set-up ran')"),
        make.look("math = None"),
        make.work("unused", "raise ValueError('this ran')"),
        make.work("softmax", f"%matplotlib inline\n{SOFTMAX}\nprint(softmax([1.0]))"),
        make.check("softmax", "softmax = None", 10),
    ]
    week(copy, 1, *cells)
    assert own("softmax")([0.0, 0.0]) == [0.5, 0.5]
    assert capsys.readouterr().out == "softmax: yours, from week 1 (course/week01_vectors/vectors.ipynb)\n"


def test_helpers_constants_and_later_patches_come_along(copy, own):
    cells = [
        make.set_up("import math"),
        make.work("softmax", SOFTMAX),
        make.work("LayerNorm", f"SCALE = 1\n{NORM}"),
        make.v4.new_code_cell(
            "SCALE = SCALE - 1\nLayerNorm.eps = 1e-5\nif True:\n    LayerNorm.patched = True"
        ),
    ]
    week(copy, 4, *cells)
    norm = own("LayerNorm")
    assert norm()([3.0, 4.0]) == [0.5, 0.5]
    assert (norm.eps, norm.patched) == (1e-5, True)


def test_star_imports_are_tried_for_what_nothing_else_defines(copy, own):
    week(copy, 1, make.set_up("from math import *"), make.work("root", "def root(x):\n    return sqrt(x)"))
    assert own("root")(9.0) == 3.0


def test_the_latest_earlier_week_counts_and_an_import_is_not_ones_own(copy, own, capsys):
    week(copy, 1, make.work("f", "def f():\n    return 1"))
    week(copy, 3, make.work("f", "def f():\n    return 3"))
    week(copy, 4, make.set_up("from parts import f\nx = 4"), make.work("g", "def g():\n    return f()"))
    week(copy, 7, make.work("f", "def f():\n    return 7"))
    assert own("f")() == 3
    assert "from week 3" in capsys.readouterr().out
    with pytest.raises(NoOwnPart, match="None of your earlier notebooks defines x"):
        own("x")


def test_parts_of_one_notebook_know_each_others_classes(copy, own):
    maker = "import dataclasses\n@dataclasses.dataclass\nclass Config:\n    d_model: 'int' = 3"
    week(copy, 2, make.work("Config", maker), make.work("build", "def build():\n    return Config()"))
    built = own("build")()
    assert type(built) is own("Config")
    assert dataclasses.asdict(built) == {"d_model": 3}
    assert pickle.loads(pickle.dumps(built)) == built


def test_a_saved_change_is_seen_at_the_next_import(copy, own):
    path = week(copy, 1, make.work("f", "def f():\n    return 1"))
    assert own("f")() == 1
    week(copy, 1, make.work("f", "def f():\n    return 2"))
    os.utime(path, ns=(1, 1))  # the clock of some file systems is coarse
    assert own("f")() == 2


def test_own_parts_may_rest_on_own_parts_of_still_earlier_weeks(copy, own, capsys):
    week(copy, 1, make.work("f", "def f():\n    return 1"))
    above = [make.set_up("from utils.own_parts import f"), make.work("g", "def g():\n    return f() + 1")]
    week(copy, 3, make.work("unrelated", "def unrelated(): pass"), *above)
    week(copy, 5, make.work("f", "def f():\n    return 100"))
    assert own("g")() == 2
    assert capsys.readouterr().out.splitlines() == [
        "f: yours, from week 1 (course/week01_vectors/vectors.ipynb)",
        "g: yours, from week 3 (course/week03_embeddings/embeddings.ipynb)",
    ]


@pytest.mark.parametrize("environment", ["autograde", "validate"])
def test_where_a_grade_is_made_the_official_part_comes(copy, own, monkeypatch, capsys, environment):
    week(copy, 1, make.work("f", "def f():\n    return 'own'"))
    (copy / "week06_heads" / "parts.py").write_text("def f():\n    return 'official'\n")
    monkeypatch.setenv("NBGRADER_EXECUTION", environment)
    assert own("f")() == "official"
    assert capsys.readouterr().out == "f: the official part, as in grading\n"
    with pytest.raises(
        NoOwnPart, match=r"parts\.py beside the notebook has no helper.*copy it into this notebook"
    ):
        own("helper")


def test_without_parts_beside_the_notebook_grading_says_so(own, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(NoOwnPart, match="has no f"):
        own("f")


STUB = "def f(x):\n    '''What f does.'''\n    # YOUR CODE HERE\n    raise NotImplementedError()"
METHOD = "class F:\n    a = 1\n    def forward(self):\n        raise NotImplementedError"


@pytest.mark.parametrize(
    ("cells", "name", "sentence"),
    [
        ([("f", STUB)], "f", "f is not written yet in course/week05_attention/attention.ipynb"),
        ([("f", "raise NotImplementedError()")], "f", "f is not written yet"),
        ([("table", "f = 1\nraise NotImplementedError()")], "f", "f is not written yet"),
        ([("F", METHOD)], "F", "F.forward, which F needs, is not written yet"),
        ([("f", STUB), ("g", "def g():\n    return f(1)")], "g", "f, which g needs, is not written yet"),
        ([("f", "def f(:")], "f", "cell 1 (f), is not Python yet: "),
        ([("f", "def f(:"), ("g", "def g():\n    return f()")], "g", "cell 1 (f), is not Python yet: "),
        ([("f", "x = {}\nf = x['key']")], "f", "cell 1 (f), line 2, raised KeyError: 'key'"),
        ([("f", "x = exit(3)\nf = x")], "f", "cell 1 (f), line 1, raised SystemExit: 3"),
        ([("f", "f = missing")], "f", "line 1, raised NameError: name 'missing' is not defined"),
        ([("f", "if False:\n    f = 1")], "f", "ran but did not define f"),
        ([("softmax", SOFTMAX)], "sofmax", "Did you mean softmax? They define softmax."),
    ],
)
def test_a_part_that_cannot_be_had_says_why(copy, own, cells, name, sentence):
    week(copy, 5, *(make.work(*cell) for cell in cells))
    with pytest.raises(NoOwnPart) as caught:
        own(name)
    assert sentence in str(caught.value)
    assert caught.value._render_traceback_() == [f"NoOwnPart: {caught.value}"]


def test_a_later_definition_replaces_the_stub(copy, own):
    week(copy, 5, make.work("f", STUB), make.v4.new_code_cell("def f(x):\n    return x"))
    assert own("f")(4) == 4


def test_missing_and_broken_notebooks_are_named_only_when_they_might_matter(copy, own):
    week(copy, 1, make.work("f", "def f():\n    return 1"))
    broken = week(copy, 5)
    broken.write_text("{")
    assert own("f")() == 1
    with pytest.raises(NoOwnPart) as caught:
        own("g")
    assert "Not found: the notebooks of weeks 2, 3, 4." in str(caught.value)
    assert f"{broken} is not a notebook" in str(caught.value)


def test_names_that_python_asks_for_are_not_parts():
    module = importlib.import_module("utils.own_parts")
    assert not hasattr(module, "__wrapped__")
    assert not hasattr(module, "_ipython_display_")
