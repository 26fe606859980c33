"""Signs are seen where they are, in every form that runs; right answers have none."""

from collections.abc import Sequence

import nbformat
import pytest
from release.small_course import REPOSITORY

from grader.cells import grade_id
from grader.demo.sample_class import right_answers
from grader.executor.assemble import Step, assemble
from grader.executor.signs import signs_in
from grader.executor.source import SourceNotebook
from grader.executor.submission import read_submission
from grader.sources import read_source, weeks_with_source

from . import week05

SOURCES = [read_source(REPOSITORY, week) for week in weeks_with_source(REPOSITORY)]
WHOLE = [source for source in SOURCES if not source.parts_only]


def steps(notebook: nbformat.NotebookNode, week: str = week05.WEEK.folder) -> Sequence[Step]:
    source = SourceNotebook(week, week05.released())
    return assemble(source, read_submission(nbformat.writes(notebook).encode(), 2**25)).steps


def signs(code: str) -> list[str]:
    """What is noted of a cell of a student's own."""
    found = signs_in(steps(week05.insert_after(week05.released(), "set_up", code)))
    return [sign.what for sign in found]


@pytest.mark.parametrize(
    ("code", "sign"),
    [
        ("torch._scaled_dot_product_attention_math(q, k, v)", "below their names in Python"),
        ("from torch import _VF", "below their names in Python"),
        ("from torch.nn.attention.flex_attention import flex_attention", "ready-made"),
        ("files = !ls\nimport ctypes", "memory"),
        ("%%time\nx = %pwd\nout = torch.ops.aten.softmax(x, -1, False)", "torch.ops.aten.softmax"),
        ("if x:\n    %cd .\n    import subprocess", "other programs"),
        (";display x\nfrom utils.verdicts import judge", "the verdicts"),
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
