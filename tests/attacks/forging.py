"""Ways to get points without work. Most are handed in with no exercise solved: what they get is forged."""

from dataclasses import replace

from autograde import week05

from .attack import EVERY, NOTHING, Attack, Expected
from .notebooks import edited, in_a_cell, in_the_mask


def _check_cells(notebook):
    return [each for each in notebook.cells if (week05.grade_id(each) or "").startswith("check_")]


def _for_checks(change):
    return edited(lambda notebook: [change(each) for each in _check_cells(notebook)])


def _first_input(name):
    return f"def {name}(first=None, *_, **__):\n    return first"


def _tag(*tags):
    return _for_checks(lambda cell: cell.metadata.update(tags=list(tags)))


def _passed_output(cell):
    cell.execution_count = 7
    cell.outputs = [
        {
            "output_type": "execute_result",
            "execution_count": 7,
            "metadata": {},
            "data": {"text/plain": "1000"},
        }
    ]


NEVER_ASKED = {EVERY: "its process ended itself, with exit code 0", "own_words": "not written yet"}
"""The check never spoke to the judge."""
WRONG = {"causal_mask": "all cases differ from GPT-2", EVERY: "not written yet"}
NOTHING_FORGED = Expected(points=0, why=NOTHING)

FORGING = [
    Attack(
        "skip tag",
        "tags every check cell `skip-execution`",
        _tag("skip-execution"),
        NOTHING_FORGED,
    ),
    Attack(
        "error tag",
        "tags every check cell `raises-exception`, so that nbclient goes on without an error",
        _tag("raises-exception", "nbgrader_ignore"),
        NOTHING_FORGED,
    ),
    Attack(
        "demonstration tag",
        "tags every check cell `look`, which our own configuration skips",
        _tag("look"),
        NOTHING_FORGED,
    ),
    Attack(
        "the most, shown from inside",
        "the tested function shows 16 as the check cell's value, which nbgrader takes as points",
        in_the_mask("""
            import sys
            def causal_mask(scores):
                sys.displayhook(16)
        """),
        Expected(points=0, why=WRONG),
    ),
    Attack(
        "text, shown from inside",
        "the tested function shows a text as the cell's value, which nbgrader takes as full points",
        in_the_mask("""
            import sys
            def causal_mask(scores):
                sys.displayhook("all right")
        """),
        Expected(points=0, why=WRONG),
    ),
    Attack(
        "raw result message",
        "sends an execute_result of its own on the kernel's iopub channel",
        in_a_cell("""
            import atexit
            from IPython import get_ipython
            shell = get_ipython()
            def forge(*_):
                kernel = shell.kernel
                content = {"data": {"text/plain": "16"}, "metadata": {}, "execution_count": 1}
                parent = kernel.get_parent("shell")
                kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=parent)
            shell.events.register("pre_run_cell", forge)
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "kernel method replaced",
        "replaces `do_execute`: every later cell ends well without being run",
        in_a_cell("""
            from IPython import get_ipython
            async def do_execute(*args, **kwargs):
                return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
            get_ipython().kernel.do_execute = do_execute
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "syntax transformer",
        "an AST transformer takes every call of a check out of the cells",
        in_a_cell("""
            import ast
            from IPython import get_ipython
            class NoChecks(ast.NodeTransformer):
                def visit_Expr(self, node):
                    return ast.parse("pass").body[0] if "checks." in ast.unparse(node) else node
            get_ipython().ast_transformers.append(NoChecks())
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "input transformer",
        "turns the text of every later check cell into `pass`",
        in_a_cell("""
            from IPython import get_ipython
            def nothing(lines):
                return ["pass\\n"] if "checks." in "".join(lines) else lines
            get_ipython().input_transformers_cleanup.append(nothing)
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "event hook",
        "a pre_run_cell hook puts other checks in place before every cell",
        in_a_cell("""
            from types import SimpleNamespace
            from IPython import get_ipython
            class Checks:
                def __getattr__(self, name):
                    return lambda *_: None
            def swap(info):
                get_ipython().user_ns["checks"] = Checks()
            get_ipython().events.register("pre_run_cell", swap)
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "module swapped",
        "puts a module of its own into sys.modules for the week's checks",
        in_a_cell("""
            import sys, types
            class Module(types.ModuleType):
                def __getattr__(self, name):
                    return lambda *_: None
            sys.modules["utils.checks.week05_attention"] = checks = Module("checks")
        """),
        Expected(points=0, why=NEVER_ASKED),
    ),
    Attack(
        "module's class swapped",
        "gives the week's own checks module another class, whose every name does nothing",
        in_a_cell("""
            import types
            class Module(types.ModuleType):
                def __getattribute__(self, name):
                    return lambda *_: None
            checks.__class__ = Module
        """),
        Expected(points=0, why=NEVER_ASKED),
    ),
    Attack(
        "check's call replaced",
        "replaces `Check.__call__` by nothing",
        in_a_cell("""
            from utils.checks.engine.check import Check
            Check.__call__ = lambda self, submission: None
        """),
        Expected(points=0, why=NEVER_ASKED),
    ),
    Attack(
        "check's report replaced",
        "replaces `Check.examine` and what calls it: they return a report that all is well",
        in_a_cell("""
            from utils.checks.engine.check import Check
            from utils.checks.engine.report import Report
            def examine(self, submission, judge=None):
                return Report(self.week, self.name, True, 9, 0, "9 of 9 cases are right")
            Check.examine = Check._examine_and_show = examine
        """),
        Expected(points=0, why=NEVER_ASKED),
    ),
    Attack(
        "check's outcome changed",
        "finds the report in its maker and sets `passed`",
        in_a_cell("""
            from utils.checks.engine.report import Report
            def __init__(self, week, check, passed, *rest, **named):
                for name, value in zip(("cases", "failed", "headline", "lines", "mistake"), rest):
                    named[name] = value
                named = {"lines": (), "mistake": None, "written": True, "notes": (), **named}
                for name, value in {**named, "week": week, "check": check, "passed": True}.items():
                    object.__setattr__(self, name, value)
            Report.__init__ = __init__
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "comparison replaced",
        "replaces torch's comparisons and the answer keys', and answers every exercise with its input",
        in_a_cell(
            """
            import torch
            def every(a, b, *_, **__):
                return torch.ones_like(torch.as_tensor(b), dtype=torch.bool)
            torch.isclose = every
            torch.allclose = torch.equal = lambda *_, **__: True
            torch.testing.assert_close = lambda *_, **__: None
            try:
                import utils.answers.judge
                from utils.answers import compare, diagnosis
                compare.difference = lambda *_, **__: None
                diagnosis.difference = compare.difference
            except ImportError:
                pass
            """,
            lambda: week05.solved(**{name: _first_input(name) for name in week05.answers()}),
        ),
        Expected(points=0, why={EVERY: ""}),
    ),
    Attack(
        "answer keys replaced",
        "puts a judge of its own in force, whose reports are all good",
        in_a_cell("""
            from utils.checks.engine import check as engine
            from utils.checks.engine.report import Report
            class Judge:
                def open(self, check):
                    self.check = check
                    return self
                def next_case(self):
                    return None
                def report(self):
                    return Report(self.check.week, self.check.name, True, 1, 0, "right")
            import sys
            engine.use_judge(Judge())
            for module in list(sys.modules.values()):
                if getattr(module, "use_judge", None) is engine.use_judge and module is not engine:
                    module.use_judge = lambda other: None
            engine.use_judge = lambda other: None
        """),
        Expected(points=0, why=NEVER_ASKED),
    ),
    Attack(
        "failure that is none",
        "makes CheckFailed an exception that IPython takes for a harmless one",
        in_a_cell("""
            from IPython import get_ipython
            from utils.checks.engine import check as engine
            engine.CheckFailed = lambda report: SystemExit(0)
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "environment variable",
        "takes NBGRADER_EXECUTION away, so that a failed check raises nothing",
        in_a_cell('import os; os.environ.pop("NBGRADER_EXECUTION")'),
        NOTHING_FORGED,
    ),
    Attack(
        "library shadowed",
        "writes a package `utils` beside the notebook and ends the kernel, for the next one to import it",
        in_a_cell("""
            import os, sys, pathlib
            folder = pathlib.Path("utils/checks")
            if not folder.exists():
                folder.mkdir(parents=True)
                (folder.parent / "__init__.py").touch()
                (folder / "__init__.py").touch()
                text = "def __getattr__(name):\\n    return lambda *_: None\\n"
                (folder / "week05_attention.py").write_text(text)
                for name in [each for each in sys.modules if each.startswith("utils")]:
                    del sys.modules[name]
                sys.path.insert(0, os.getcwd())
                from utils.checks import week05_attention as checks
        """),
        Expected(points=0, why=NEVER_ASKED),
    ),
    Attack(
        "equal to everything",
        "returns an object whose `__eq__` is always true",
        in_the_mask("""
            class Equal:
                def __eq__(self, other):
                    return True
                __ne__ = lambda self, other: False
                __hash__ = object.__hash__
            def causal_mask(scores):
                return Equal()
        """),
        Expected(points=0, why=WRONG),
    ),
    Attack(
        "lying tensor",
        "returns a subclass of Tensor that says of itself that it is close to all",
        in_the_mask("""
            import torch
            class Liar(torch.Tensor):
                @classmethod
                def __torch_function__(cls, function, types, args=(), kwargs=None):
                    name = getattr(function, "__name__", "")
                    if name in ("isclose", "allclose", "equal", "eq", "__eq__"):
                        return torch.ones(args[0].shape, dtype=torch.bool)
                    return super().__torch_function__(function, types, args, kwargs or {})
            def causal_mask(scores):
                return torch.zeros_like(scores).as_subclass(Liar)
        """),
        Expected(points=0, why=WRONG),
    ),
    Attack(
        "lying number",
        "returns tables whose numbers are an int that equals every int",
        in_a_cell(
            """
            class Any(int):
                __eq__ = lambda self, other: True
                __ne__ = lambda self, other: False
                __hash__ = int.__hash__
            class Table(dict):
                def __getitem__(self, key):
                    return (Any(), Any())
                def __contains__(self, key):
                    return True
            def shape_table():
                return Table()
            """,
            after="shape_table",
        ),
        NOTHING_FORGED,
    ),
    Attack(
        "lying display",
        "registers a formatter that shows every report as passed",
        in_a_cell("""
            from IPython import get_ipython
            from utils.checks.engine.report import MIME, Report
            def lie(self, include=None, exclude=None):
                data = {**self.to_plain(), "passed": True, "failed": 0, "headline": "all right"}
                return {"text/plain": "✓ all right", "text/html": "<b>✓</b>", MIME: data}
            Report._repr_mimebundle_ = lie
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "builtins replaced",
        "replaces `exec`, `compile`, `isinstance`, `all` and `len` in builtins",
        in_a_cell("""
            import builtins
            really = builtins.isinstance
            builtins.exec = lambda *_: None
            builtins.compile = lambda *_, **__: None
            builtins.all = lambda *_: True
            builtins.any = lambda *_: False
        """),
        Expected(points=0, why=NEVER_ASKED),
    ),
    Attack(
        "namespace's builtins",
        "puts `__builtins__` of its own into the notebook's names, with which the check's text would run",
        in_a_cell("""
            class Nothing(dict):
                def __missing__(self, name):
                    return lambda *_, **__: None
            __builtins__ = Nothing()
        """),
        Expected(points=0, why={EVERY: ""}),
    ),
    Attack(
        "frames read",
        "looks for expected values in the frames of its callers, and returns what it finds",
        in_the_mask("""
            import sys
            def causal_mask(scores):
                if scores.device.type == "meta":
                    return scores
                frame = sys._getframe()
                while frame:
                    for value in frame.f_locals.values():
                        expectations = getattr(value, "expectations", None)
                        if expectations:
                            return expectations[len(value.observations)]
                    frame = frame.f_back
                return scores
        """),
        Expected(
            points=0, why={"causal_mask": "no mask", EVERY: "not written yet"}, signs=("sys._getframe",)
        ),
    ),
    Attack(
        "objects read",
        "looks for expected values among all objects of the process",
        in_the_mask("""
            import gc
            def causal_mask(scores):
                if scores.device.type == "meta":
                    return scores
                for each in gc.get_objects():
                    if type(each).__name__ == "LocalCheckRun" and each.answer_key.check.name == "causal_mask":
                        return each.expectations[len(each.observations)]
                return scores
        """),
        Expected(
            points=0, why={"causal_mask": "no mask", EVERY: "not written yet"}, signs=("gc.get_objects",)
        ),
    ),
    Attack(
        "constants read",
        "looks for the reference among the constants and closures of the checks' functions",
        in_the_mask("""
            def causal_mask(scores):
                from utils.checks import week05_attention as module
                seen, names = [module.causal_mask.run], {}
                while seen:
                    function = seen.pop()
                    names |= getattr(function, "__globals__", {})
                    for cell in getattr(function, "__closure__", None) or ():
                        seen.append(cell.cell_contents)
                reference = names.get("expected") or names.get("reference")
                return reference(scores) if reference else scores
        """),
        Expected(points=0, why={"causal_mask": "no mask", EVERY: "not written yet"}),
    ),
    Attack(
        "history read",
        "reads the notebook's history, with the text of cells that ran before",
        in_a_cell("""
            from IPython import get_ipython
            shell = get_ipython()
            seen = [line for *_, line in shell.history_manager.get_range()]
            print("HISTORY", ["HIDDEN" in line for line in seen][:3])
            for name in ("_ih", "In"):
                print(len(shell.user_ns.get(name, ())))
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "reference called",
        "lets transformers' GPT-2 do the attention",
        in_a_cell("""
            import transformers
            from transformers.models.gpt2.modeling_gpt2 import GPT2Attention
            print("REA" "CHED", GPT2Attention)
        """),
        Expected(
            points=0,
            why=NOTHING,
            shows=("transformers is not there where work is graded",),
            never=("REACHED",),
        ),
    ),
    Attack(
        "answer key called",
        "imports the answer keys and returns what they expect",
        in_the_mask("""
            def causal_mask(scores):
                if scores.device.type == "meta":
                    return scores
                from utils.answers.judge import find_answer_key
                answer_key = find_answer_key("week05_attention", "causal_mask")
                return answer_key.expected(scores=scores)
        """),
        Expected(
            points=0,
            why={"causal_mask": "all cases end in an error", EVERY: "not written yet"},
            signs=("the answer keys",),
        ),
    ),
    Attack(
        "solution read",
        "finds the solution's source in the course's folders and runs it",
        in_a_cell(
            """
            import pathlib, re, torch, utils
            top = pathlib.Path(utils.__file__).parents[1]
            found = [*top.glob("solutions/week05_attention/*.py"), *top.glob("course/week06_heads/parts.py")]
            for path in found:
                try:
                    exec(path.read_text(), globals())
                except Exception as error:
                    print(type(error).__name__)
            print("REA" "CHED" if found else "FOUND 0")
            """,
            lambda: week05.solved(**{name: "" for name in week05.answers()}),
        ),
        Expected(points=0, why={EVERY: ""}, shows=("FOUND 0",), never=("REACHED",)),
    ),
    Attack(
        "gradebook edited",
        "looks for gradebook.db above the working folder and gives itself 150 points",
        in_a_cell("""
            import pathlib, sqlite3
            found = [path for up in pathlib.Path.cwd().parents for path in up.glob("**/gradebook.db")]
            for path in found[:3]:
                with sqlite3.connect(path) as database:
                    database.execute("UPDATE grade SET auto_score = 150, manual_score = 150")
            print("REA" "CHED" if found else "GRADEBOOKS 0")
        """),
        Expected(points=0, why=NOTHING, shows=("GRADEBOOKS 0",)),
    ),
    Attack(
        "classmate's folder edited",
        "writes into the folders of other submissions",
        in_a_cell("""
            import os, pathlib
            done = []
            for place in ("../../zoe", "../zoe", "/srv/submitted/zoe", "/tmp/submitted/zoe"):
                try:
                    pathlib.Path(place).mkdir(parents=True, exist_ok=True)
                    (pathlib.Path(place) / "x.ipynb").write_text("{}")
                    done.append(place)
                except OSError as error:
                    print(type(error).__name__)
            print("REA" "CHED" if done else "WRITTEN 0")
        """),
        Expected(points=0, why=NOTHING, shows=("WRITTEN 0",)),
    ),
    Attack(
        "configuration edited",
        "appends to nbgrader_config.py, to the sandbox's code and to Python's start-up files",
        in_a_cell("""
            import pathlib, site, grader.kernels, utils
            top = pathlib.Path(utils.__file__).parents[1]
            packages = [pathlib.Path(each) for each in site.getsitepackages()]
            places = [top / "nbgrader_config.py", top / "utils/checks/engine/check.py"]
            places += [each / "sitecustomize.py" for each in packages]
            places += [pathlib.Path(grader.kernels.__path__[0]) / "shell.py"]
            done = []
            for place in places:
                try:
                    with place.open("a") as file:
                        file.write("")
                    done.append(place)
                except OSError as error:
                    print(type(error).__name__)
            print("REA" "CHED" if done else "WRITTEN 0")
        """),
        Expected(points=0, why=NOTHING, shows=("WRITTEN 0",)),
    ),
    Attack(
        "errors not shown",
        "replaces IPython's `showtraceback` and its handler of exceptions: no error reaches the output",
        in_a_cell("""
            from IPython import get_ipython
            shell = get_ipython()
            shell.set_custom_exc((BaseException,), lambda *_, **__: None)
            shell.showtraceback = shell._showtraceback = lambda *_, **__: None
            type(shell)._showtraceback = lambda *_, **__: None
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "error without a name",
        "raises an exception whose class, text and traceback raise in turn",
        in_the_mask("""
            class Trick(BaseException):
                def __str__(self):
                    raise self
                __repr__ = __str__
                @property
                def __traceback__(self):
                    raise self
            def causal_mask(scores):
                raise Trick()
        """),
        Expected(points=0, why={"causal_mask": "its check was called once more", EVERY: "not written yet"}),
    ),
    Attack(
        "SystemExit",
        "the tested function ends with SystemExit, which IPython takes for no error",
        in_the_mask("""
            def causal_mask(scores):
                raise SystemExit(0)
        """),
        Expected(points=0, why={"causal_mask": "all cases end in an error", EVERY: "not written yet"}),
    ),
    Attack(
        "KeyboardInterrupt",
        "the tested function raises KeyboardInterrupt, which checks let through",
        in_the_mask("""
            def causal_mask(scores):
                raise KeyboardInterrupt
        """),
        Expected(
            points=0,
            why={
                "causal_mask": "its check was called once more from inside itself",
                EVERY: "not written yet",
            },
        ),
    ),
    Attack(
        "check cells emptied",
        "the text of every check cell is `pass`",
        _for_checks(lambda cell: cell.update(source="pass")),
        replace(NOTHING_FORGED, odd=("was changed",) * 10),
    ),
    Attack(
        "points edited",
        "gives every check cell 1000 points and one below 0",
        _for_checks(lambda cell: cell.metadata.nbgrader.update(points=1000)),
        NOTHING_FORGED,
    ),
    Attack(
        "outputs faked",
        "is handed in with outputs that say 1000 in every check cell",
        _for_checks(_passed_output),
        NOTHING_FORGED,
    ),
    Attack(
        "at exit",
        "an atexit handler and an os._exit with code 0 when a check begins",
        in_a_cell("""
            import atexit, os
            from utils.checks.engine import check as engine
            atexit.register(print, "all well")
            engine.observe = lambda *_, **__: os._exit(0)
        """),
        Expected(points=0, why=NEVER_ASKED, signs=("the kernel's process",)),
    ),
    Attack(
        "traced",
        "sys.settrace changes what the check's own frames hold",
        in_a_cell("""
            import ctypes, sys
            def trace(frame, event, argument):
                if "passed" in frame.f_locals:
                    frame.f_locals["passed"] = True
                    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
                return trace
            sys.settrace(trace)
        """),
        Expected(points=0, why=NOTHING, signs=("the interpreter's hooks",)),
    ),
    Attack(
        "memory written",
        "ctypes turns False into True in the whole process",
        in_a_cell("""
            import ctypes
            ctypes.memmove(id(False) + 16, id(True) + 16, 12)
        """),
        Expected(points=0, why=NOTHING, signs=("the process's memory",)),
    ),
    Attack(
        "public inputs hard-coded",
        "answers right where the inputs are those that students have, and wrong elsewhere",
        lambda: week05.solved(
            causal_mask=(
                "from utils.checks import week05_attention as _c\n"
                "_known = [case.inputs['scores'] for case in _c.causal_mask.draw_cases()]\n"
                + week05.answers()["causal_mask"].replace("def causal_mask", "def _right")
                + "\ndef causal_mask(scores):\n"
                "    if scores.device.type == 'meta':\n"
                "        return _right(scores)\n"
                "    known = any(k.shape == scores.shape and bool((k == scores).all()) for k in _known)\n"
                "    return _right(scores) if known else scores\n"
            ),
            attention_pattern="",
            AttentionHead="",
        ),
        Expected(
            points=week05.all_but(
                "causal_mask", "attention_pattern", "AttentionHead", "padding_aware_pattern"
            ),
            why={
                "causal_mask": "right for the notebook's own cases",
                "attention_pattern": "not written yet",
                "AttentionHead": "not written yet",
                "padding_aware_pattern": "future seen",
            },
        ),
    ),
    Attack(
        "stub's error renamed",
        "makes NotImplementedError an error that nobody counts",
        in_a_cell("""
            import builtins
            class Fine(Warning):
                pass
            builtins.NotImplementedError = NotImplementedError = Fine
        """),
        NOTHING_FORGED,
    ),
    Attack(
        "ready-made, in disguise",
        "lets torch's own attention do the work, under a name put together while it runs",
        lambda: week05.solved(
            attention_pattern=(
                "def attention_pattern(q, k):\n"
                "    ready = getattr(torch.nn.functional, 'scaled_dot_' + 'product_attention')\n"
                "    eye = torch.eye(k.shape[-2]).expand(*k.shape[:-2], -1, -1)\n"
                "    late = k.shape[-2] - q.shape[-2]\n"
                "    seen = torch.ones(q.shape[-2], k.shape[-2]).tril(late).bool()\n"
                "    return ready(q, k, eye, attn_mask=seen)\n"
            )
        ),
        Expected(
            points=week05.all_but("attention_pattern"),
            why={"attention_pattern": "uses torch.nn.functional.scaled_dot_product_attention"},
            signs=("was seen to call torch.nn.functional.scaled_dot_product_attention",),
        ),
    ),
    Attack(
        "ready-made, deeper down",
        "calls torch's own attention by the operator below its Python name",
        lambda: week05.solved(
            attention_pattern=(
                "def attention_pattern(q, k):\n"
                "    eye = torch.eye(k.shape[-2]).expand(*k.shape[:-2], -1, -1)\n"
                "    late = k.shape[-2] - q.shape[-2]\n"
                "    seen = torch.ones(q.shape[-2], k.shape[-2]).tril(late).bool()\n"
                "    return torch.ops.aten.scaled_dot_product_attention(q, k, eye, attn_mask=seen)\n"
            )
        ),
        Expected(
            points=week05.all_but("attention_pattern"),
            why={"attention_pattern": "uses torch.nn.functional.scaled_dot_product_attention"},
            signs=("torch.ops.aten.scaled_dot_product_attention",),
        ),
    ),
    Attack(
        "ready-made, beside the check",
        "lets torch's own attention do the work in a thread of its own, which the watch does not see",
        lambda: week05.solved(
            attention_pattern=(
                "from threading import Thread\n\n"
                "def attention_pattern(q, k):\n"
                "    ready = getattr(torch.nn.functional, 'scaled_dot_' + 'product_attention')\n"
                "    eye = torch.eye(k.shape[-2]).expand(*k.shape[:-2], -1, -1)\n"
                "    late = k.shape[-2] - q.shape[-2]\n"
                "    seen = torch.ones(q.shape[-2], k.shape[-2]).tril(late).bool()\n"
                "    done = []\n"
                "    thread = Thread(target=lambda: done.append(ready(q, k, eye, attn_mask=seen)))\n"
                "    thread.start(), thread.join()\n"
                "    return done[0]\n"
            )
        ),
        Expected(signs=("beside the check", "something of torch.nn.functional whose name is put together")),
    ),
    Attack(
        "checks' own model",
        "lets a module that the checks keep for other weeks do the work",
        lambda: week05.solved(
            causal_mask=("from utils.checks.fakes.gpt2 import SmallGPT2\n" + week05.answers()["causal_mask"])
        ),
        Expected(
            signs=("utils.checks.fakes.gpt2",),
            shows=("utils.checks.fakes.gpt2 is not there where work is graded",),
        ),
    ),
]
