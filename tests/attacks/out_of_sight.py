"""Attacks that reach for something ready-made where no name of it stands, or take the watch away."""

from collections.abc import Callable

from autograde import week05
from nbformat import NotebookNode

from .attack import Attack, Expected

_SDPA = "torch.nn.functional.scaled_dot_product_attention"
_SHORT = "scaled_dot_product_attention"


def _ready(how: str, before: str = "") -> Callable[[], NotebookNode]:
    """All solved; `attention_pattern` lets `ready` do its work, which `how` finds."""
    lines = [
        "def attention_pattern(q, k):",
        *(f"    {line}" for line in how.split("\n")),
        "    eye = torch.eye(k.shape[-2]).expand(*k.shape[:-2], -1, -1)",
        "    seen = torch.ones(q.shape[-2], k.shape[-2]).tril(k.shape[-2] - q.shape[-2]).bool()",
        "    return ready(q, k, eye, seen)",
    ]
    head = ["from torch.nn import functional", *before.splitlines()]
    return lambda: week05.solved(attention_pattern="\n".join([*head, *lines]))


def _seen(sign: str) -> Expected:
    """The watch sees it at work, so the exercise is lost; and an instructor sees where it stands."""
    return Expected(
        points=week05.all_but("attention_pattern"),
        why={"attention_pattern": f"uses {_SDPA}"},
        signs=(f"was seen to call {_SDPA}", sign),
    )


_WAYS = {
    "attrgetter": (
        "takes torch's attention by operator.attrgetter",
        "ready = attrgetter('scaled_dot_' + 'product_attention')(functional)",
        "from operator import attrgetter",
        "operator.attrgetter",
    ),
    "getattr handed on": (
        "takes it by functools.reduce, to which getattr is handed",
        "ready = reduce(getattr, ['nn', 'functional', 'scaled_dot_' + 'product_attention'], torch)",
        "from functools import reduce",
        "uses getattr under another name, or hands it on",
    ),
    "getattr renamed": (
        "takes it by getattr under another name",
        "g = getattr\nready = g(functional, 'scaled_dot_' + 'product_attention')",
        "",
        "uses getattr under another name",
    ),
    "object's own getattr": (
        "takes it by object.__getattribute__",
        "ready = object.__getattribute__(functional, 'scaled_dot_' + 'product_attention')",
        "",
        "__getattribute__",
    ),
    "attribute without its class": (
        "takes it by inspect.getattr_static",
        "ready = inspect.getattr_static(functional, 'scaled_dot_' + 'product_attention')",
        "import inspect",
        "inspect.getattr_static",
    ),
    "found by pydoc": (
        "takes it by pydoc.locate, from a text",
        "ready = pydoc.locate('torch.nn.functional.scaled_dot_' + 'product_attention')",
        "import pydoc",
        "pydoc.locate",
    ),
    "found by pkgutil": (
        "takes it by pkgutil.resolve_name, from a text",
        "ready = pkgutil.resolve_name('torch.nn.functional:scaled_dot_' + 'product_attention')",
        "import pkgutil",
        "pkgutil.resolve_name",
    ),
    "found by pickle": (
        "takes it by a pickle that names it",
        "ready = pickle.loads(b'ctorch.nn.functional\\nscaled_dot_' + b'product_attention\\n.')",
        "import pickle",
        "pickle.loads",
    ),
    "module by another": (
        "takes it from sys.modules, which it takes from torch",
        "ready = vars(torch.sys.modules['torch.nn.functional'])['scaled_dot_' + 'product_attention']",
        "",
        "a module by way of another",
    ),
    "names of the notebook": (
        "takes it from the notebook's own names by globals",
        "ready = vars(globals()['functional'])['scaled_dot_' + 'product_attention']",
        "",
        "uses globals",
    ),
    "builtins imported": (
        "runs a text with exec, which it has from builtins under another name",
        "names = {'functional': functional}\n"
        "run('ready = functional.scaled_dot_' + 'product_attention', names)\n"
        "ready = names['ready']",
        "from builtins import exec as run",
        "builtins.exec",
    ),
    "kernel asked": (
        "lets the kernel run a text as a cell",
        "get_ipython().run_cell('ready_now = functional.scaled_dot_' + 'product_attention')\n"
        "ready = ready_now",
        "",
        "get_ipython",
    ),
    "timed line": (
        "names it in the code beside %time, a line that is none of Python's",
        "ready = ready_now",
        "%time ready_now = functional.scaled_dot_product_attention",
        f"uses {_SDPA}, which would do the exercise's work",
    ),
    "code unmarshalled": (
        "makes a function of code that marshal reads",
        "text = 'functional.scaled_dot_' + 'product_attention'\n"
        "ready = eval(marshal.loads(marshal.dumps(compile(text, '', 'eval'))))",
        "import marshal",
        "marshal.loads",
    ),
    "module written": (
        "writes a module beside the notebook and imports it",
        "from mine import ready",
        "with open('mine.py', 'w') as file:\n"
        "    file.write('import torch\\nready = torch.nn.functional.scaled_dot_' + 'product_attention')",
        "imports mine",
    ),
    "pattern of a class": (
        "takes it by a pattern that reads an attribute",
        "match functional:\n    case object(__dict__=names):\n"
        "        ready = names['scaled_dot_product_attention']",
        "",
        "uses __dict__",
    ),
    "by magic's braces": (
        "runs a text in the braces of a magic, which IPython fills in",
        "ready = kept[0]",
        "kept = []\n%pwd {kept.append(eval('functional.scaled_dot_' + 'product_attention'))}",
        "uses eval",
    ),
    "autocall": (
        "calls exec by IPython's slash, where no bracket stands",
        "ready = ready_now",
        ";exec ready_now = functional.scaled_dot_product_attention",
        "uses exec",
    ),
}

_SCRIPT = '''unit = torch.jit.CompilationUnit("""
def ready(q, k, v, seen):
    # type: (Tensor, Tensor, Tensor, Tensor) -> Tensor
    late = (1.0 - seen.float()) * -1e9
    return torch._scaled_dot_product_attention_math(q, k, v, late)[0]
""")'''

_HIDE = """
def silent(self, submission, inputs, first=False):
    return engine_observe(self.run, submission, inputs)
"""


def _unwatched(code: str) -> Callable[[], NotebookNode]:
    """All solved by torch's own attention, with the watch taken away first."""
    return lambda: week05.insert_after(_ready(f"ready = functional.{_SHORT}")(), "set_up", code.strip())


OUT_OF_SIGHT = [
    *(
        Attack(f"ready-made, {name}", idea, _ready(how, before), _seen(sign))
        for name, (idea, how, before, sign) in _WAYS.items()
    ),
    Attack(
        "ready-made, TorchScript",
        "compiles a text with TorchScript, whose operations are no functions in Python",
        _ready("ready = unit.ready", _SCRIPT),
        _seen("torch.jit.CompilationUnit"),
    ),
    Attack(
        "watch replaced in its class",
        "puts a method without a watch into the class of the checks, which it never names",
        _unwatched(
            "from utils.checks.engine.observation import observe as engine_observe\n"
            f"{_HIDE}type(checks.attention_pattern).observe = silent"
        ),
        Expected(signs=("changes a class that it did not name", "what the checks are made of")),
    ),
    Attack(
        "watch told of nothing",
        "empties the list of what the check forbids, in a check that cannot be changed otherwise",
        _unwatched("object.__setattr__(checks.attention_pattern, 'forbidden', ())"),
        Expected(signs=("uses __setattr__", f"uses {_SDPA}, which would do the exercise's work")),
    ),
    Attack(
        "check changed by setattr",
        "puts a function of its own in the check's place, by setattr under another name",
        lambda: week05.insert_after(
            week05.released(), "set_up", "put = setattr\nput(checks, 'causal_mask', lambda f: None)"
        ),
        Expected(
            points=0,
            why={"*": "not written yet", "causal_mask": ""},
            signs=("uses setattr under another name",),
        ),
    ),
]
