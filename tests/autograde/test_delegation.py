"""Signs are seen where they are, in every form that runs; right answers have none."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache

import nbformat
import pytest
from build.small_course import REPOSITORY
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.autograde.delegation import find_delegation
from grader.autograde.merge_answers import NotebookStep, merge_answers
from grader.autograde.source import SourceNotebook
from grader.autograde.submission import read_submission
from grader.build.source import read_source, weeks_with_source
from grader.notebook.cells import grade_id
from grader.tools.demo.sample_class import right_answers

from . import week05
from .suspect_code import SUSPECT

SOURCES = [read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY)]
WHOLE = [source for source in SOURCES if not source.parts_only]


def steps(notebook: nbformat.NotebookNode, week: str = week05.WEEK.folder) -> Sequence[NotebookStep]:
    source = SourceNotebook(week, week05.released())
    return merge_answers(source, read_submission(nbformat.writes(notebook).encode(), 2**25)).steps


@cache
def untouched() -> tuple[NotebookStep, ...]:
    """The steps of week 5 as it is released."""
    return tuple(steps(week05.released()))


def signs(code: str) -> list[str]:
    """What is noted of a cell of a student's own, which stands below the set-up cell."""
    place = next(place for place, step in enumerate(untouched()) if step.name == "set_up") + 1
    own = NotebookStep(nbformat.v4.new_code_cell(code), "cell 3", None, (code,))
    return [sign.what for sign in find_delegation([*untouched()[:place], own, *untouched()[place:]])]


@pytest.mark.parametrize(
    ("code", "sign"),
    [
        ("torch._scaled_dot_product_attention_math(q, k, v)", "below their names in Python"),
        ("from torch import _VF", "below their names in Python"),
        ("from torch.nn.attention.flex_attention import flex_attention", "ready-made"),
        ("files = !ls\nimport ctypes", "memory"),
        ("%%time\nx = %pwd\nout = torch.ops.aten.softmax(x, -1, False)", "torch.ops.aten.softmax"),
        ("if x:\n    %cd .\n    import subprocess", "other programs"),
        (";display x\nfrom utils.answers import judge", "the answer keys"),
        ("exec('a' + 'b')", "put together while it runs"),
        ("getattr(F, 'soft' + 'max')(x)", "something of torch.nn.functional"),
        ("vars(torch)['soft' + 'max'](x)", "something of torch whose name"),
        ("torch.nn.functional.__dict__['x']", "below their names in Python"),
        ("from threading import Thread", "beside the check"),
        ("F.multi_head_attention_forward(x)", "ready-made"),
        ("__import__('uti' + 'ls')", "put together while it runs"),
        ("from importlib import import_module", "put together while it runs"),
        ("checks.causal_mask.draw_cases()", "what the checks are made of"),
        ("checks.torch.nn.functional", "what the checks are made of"),
        ("model.__closure__[0]", "__closure__"),
        ("object.__subclasses__()", "__subclasses__"),
    ],
)
def test_a_sign_is_seen(code, sign):
    assert [each for each in signs(code) if sign in each] != []


@pytest.mark.parametrize("code", SUSPECT)
def test_what_is_not_known_to_be_harmless_has_a_sign(code):
    assert signs(code) != []


@pytest.mark.parametrize("code", SUSPECT)
def test_nor_does_a_line_that_only_ipython_reads_hide_it(code):
    if not code.startswith("%%"):  # a cell's own magic must stand first
        assert signs(f"files = !ls\n{code}") != []


@settings(max_examples=30)
@given(st.sampled_from([each for each in SUSPECT if "%" not in each]), st.integers(0, 3))
def test_a_sign_is_seen_however_deep_it_stands(code, depth):
    for level in range(depth):
        head = ("def f():", "class C:", "if x:", "for i in range(3):")[level]
        code = head + "\n" + "\n".join(f"    {line}" for line in code.split("\n"))
    assert signs(code) != []


def test_a_module_under_another_name_is_known_in_later_cells():
    notebook = week05.insert_after(week05.released(), "set_up", "t.jit.CompilationUnit(text)")
    week05.insert_after(notebook, "set_up", "import torch as t")
    assert [sign.what for sign in find_delegation(steps(notebook))] != []


@pytest.mark.parametrize(
    "code",
    [
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.rcParams['figure.figsize'] = 3, 4",
        "%matplotlib inline\n%time y = f(x)\n%timeit -n 10 f(x)\n!pip install einops",
        "%%time\nfor step in range(10):\n    loss = f(step)\nprint(f'{loss:.3f}')",
        "%load_ext autoreload\n%autoreload 2",
        "import pandas as pd\nimport seaborn as sns\nsns.heatmap(pd.DataFrame(x.numpy()))",
        "from dataclasses import dataclass\n@dataclass\nclass Config:\n    d: int = 3",
        "class Head(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.W = 1\n"
        "    def __repr__(self):\n        return type(self).__name__ + self.__class__.__name__",
        "def f(**kwargs):\n    for name, value in kwargs.items():\n        setattr(self, name, value)",
        "import os, sys, time, random, math\nprint(os.path.exists('x'), sys.version, time.time())",
        "if __name__ == '__main__':\n    main()",
        "counter.calls = 0\nmodel.blocks[0].attn = head\nmodel.W.data[0] = 1\nx.grad = None",
        "assert isinstance(x, torch.Tensor) and type(x) is torch.Tensor\nprint(dir(x), hasattr(x, 'T'))",
        "@torch.no_grad()\ndef f(x):\n    with torch.inference_mode():\n        return x",
        "@torch.jit.script\ndef gelu(x):\n    return 0.5 * x",
        "code = 3\nsignal = code + 1\nprint(code, signal)\n#%% a cell of another editor\ny = 7 \\\n% 3",
        "torch.save(model.state_dict(), 'x.pt')\nstate = torch.load('x.pt', weights_only=True)",
        "x = torch.randn(2, generator=torch.Generator().manual_seed(0))\ntorch.set_printoptions(precision=3)",
        "from collections import Counter, defaultdict\nfrom functools import lru_cache, partial, reduce\n"
        "from itertools import product\nfrom operator import itemgetter, mul\nreduce(mul, [1, 2])",
        "help(torch.einsum)\ntorch.einsum?\n?torch\nprint(torch.einsum.__doc__)",
        "torch.chunk(x, 2), torch.select(x, 0, 1), torch.trace(x), np.random.rand(3)",
    ],
)
def test_typical_code_of_students_has_no_signs(code):
    assert signs(code) == []


def test_few_right_variants_have_a_sign():
    """Two store by `__dict__`, one makes an object without `__init__`, one opens a file, one goes through all
    attributes of an object: an instructor who looks sees why.
    """
    found = {name for name, code in variants() if signs(code)}
    assert found <= {
        "UnembedOutsideTheModule",
        "shapes_from_tensors_without_numbers",
        "_state",
        "resume_parameter_by_parameter",
        "hooked_by_wrapping_forward",
    }


def variants() -> Iterator[tuple[str, str]]:
    """Every function and class of the right variants of all weeks, with the imports that it stands among."""
    for path in sorted(REPOSITORY.glob("solutions/*/variants.py")):
        text = path.read_text()
        tree = ast.parse(text)
        imports = [ast.unparse(each) for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
        head = "\n".join(each for each in imports if "utils.checks" not in each)
        for each in tree.body:
            if isinstance(each, ast.FunctionDef | ast.ClassDef):
                yield each.name, f"{head}\n{ast.unparse(each)}"


@pytest.mark.parametrize(
    "code",
    [
        "checks.causal_mask(causal_mask)",
        "torch.testing.assert_close(x, y)",
        "print(torch.__version__)\nx.add_(1)\nself._cache = {}\nmodel.eval()",
        "torch.manual_seed(0)\nx = !ls\nprint(x)",
        "pictures.scaling_demo()",
        "getattr(torch, 'float32')\ngetattr(self, f'W_{letter}')\nvars(args)",
        "def f(x:\n    'Puts the model in eval mode: model.eval(), and exec.'",
    ],
)
def test_honest_code_has_no_signs(code):
    assert signs(code) == []


@pytest.mark.parametrize("source", WHOLE, ids=lambda source: source.week.folder)
def test_right_answers_have_no_signs(source):
    kinds = {grade_id(cell): cell.cell_type for cell in source.notebook.cells}
    answers = [code for name, code in right_answers(source.notebook).items() if kinds[name] == "code"]
    assert len(answers) > 5
    assert [sign for code in answers for sign in signs(code)] == []
