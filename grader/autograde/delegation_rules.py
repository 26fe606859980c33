"""The rules for signs, by full name: what is harmless, what is reported. Unknown names are reported."""

import re
from collections.abc import Collection, Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HARMLESS = _words(
    """
    __future__ abc array bisect calendar cmath collections colorsys contextlib copy dataclasses datetime
    decimal enum fractions functools graphlib hashlib heapq itertools json keyword math numbers operator
    pprint random re statistics string struct textwrap time token types typing typing_extensions
    unicodedata uuid warnings zlib beartype einops IPython.display ipywidgets jaxtyping matplotlib
    mpl_toolkits numpy pandas plotly regex rich seaborn tabulate torch tqdm parts utils.own_parts
    utils.pictures utils.quiz utils.reference utils.scratchpad utils.story_world utils.tokens
    utils.training utils.examples.word_space pathlib shutil tempfile transformers.pytorch_utils
    """
)
"""Modules that any notebook may import, with everything in them except what `REACHES` names."""

MAGICS = _words(
    """
    alias_magic autocall autosave cd colors config dirs env history lsmagic matplotlib notebook page
    pdoc pinfo pinfo2 pip conda mamba uv precision psource pwd quickref reset_selective rehashx time
    timeit prun capture who who_ls whos xmode ls ll la memit mprun lprun autoreload load_ext unalias
    """
)
"""IPython's magics that run only the code on their own line or in their cell."""
RUN_CODE = frozenset(("time", "timeit", "prun", "memit", "mprun", "lprun", "capture"))
"""Those of `MAGICS` that are followed by code, which is searched like any other."""
EXTENSIONS = frozenset(("autoreload", "memory_profiler", "line_profiler"))

_BELOW = "ready-made operations below their names in Python"
_TOGETHER = "code that is put together while it runs"
_OTHERS = "other code's objects"
_BESIDE = "what runs beside the check, which does not see it"
_FRAMES = "its callers' frames"
_INTERPRETER = "the interpreter's hooks"
_ATTENTION = "attention that is there ready-made"
_FILES = "files, from which code can be imported"
_COMPILED = "code that is compiled from text or read from a file"
_KERNEL = "the kernel itself"

REACHES = {
    "utils.answers": "the answer keys",
    "utils.checks": "what the checks are made of",
    "grader": "the grader",
    "ctypes": "the process's memory",
    "cffi": "the process's memory",
    "numpy.ctypeslib": "the process's memory",
    "torch.ops": _BELOW,
    "torch.classes": _BELOW,
    "torch.library": _BELOW,
    "torch.autograd.graph": _BELOW,
    "torch.overrides": "what watches the calls",
    "torch.nn.modules": "what watches the calls",
    "torch.nn.attention": _ATTENTION,
    "torch.nn.functional.multi_head_attention_forward": _ATTENTION,
    "gc": _OTHERS,
    "weakref": _OTHERS,
    "threading": _BESIDE,
    "_thread": _BESIDE,
    "asyncio": _BESIDE,
    "concurrent": _BESIDE,
    "multiprocessing": _BESIDE,
    "signal": _BESIDE,
    "torch.multiprocessing": _BESIDE,
    "torch.distributed": _BESIDE,
    "importlib": _TOGETHER,
    "pkgutil": _TOGETHER,
    "runpy": _TOGETHER,
    "code": _TOGETHER,
    "codeop": _TOGETHER,
    "pydoc": _TOGETHER,
    "pickle": _TOGETHER,
    "marshal": _TOGETHER,
    "timeit": _TOGETHER,
    "typing.get_type_hints": _TOGETHER,
    "typing.ForwardRef": _TOGETHER,
    "types.FunctionType": _TOGETHER,
    "types.LambdaType": _TOGETHER,
    "types.CodeType": _TOGETHER,
    "types.ModuleType": "the import system",
    "operator.attrgetter": "attributes by a text that is made elsewhere",
    "operator.methodcaller": "attributes by a text that is made elsewhere",
    "exec": _TOGETHER,
    "eval": _TOGETHER,
    "compile": _TOGETHER,
    "__import__": _TOGETHER,
    "globals": _OTHERS,
    "locals": _OTHERS,
    "delattr": _OTHERS,
    "breakpoint": "the debugger",
    "builtins": "Python's own functions, under names of another kind",
    "__builtins__": "Python's own functions, under names of another kind",
    "__loader__": "the import system",
    "__spec__": "the import system",
    "open": _FILES,
    "io": _FILES,
    "numpy.load": _COMPILED,
    "numpy.fromfile": _COMPILED,
    "numpy.memmap": _COMPILED,
    "numpy.f2py": _COMPILED,
    "numpy.testing": _INTERPRETER,
    "pandas.eval": _TOGETHER,
    "pandas.read_pickle": _COMPILED,
    "torch.compile": _COMPILED,
    "torch.jit": _COMPILED,
    "torch.fx": _COMPILED,
    "torch.package": _COMPILED,
    "torch.hub": _COMPILED,
    "torch.export": _COMPILED,
    "torch.compiler": _COMPILED,
    "torch.onnx": _COMPILED,
    "torch.utils.cpp_extension": _COMPILED,
    "torch.utils.dlpack": "the process's memory",
    "torch.from_file": _FILES,
    "inspect": _FRAMES,
    "traceback": _FRAMES,
    "get_ipython": _KERNEL,
    "IPython": _KERNEL,
    "ipykernel": _KERNEL,
    "os._exit": "the kernel's process",
    "os.kill": "processes",
    "os.fork": _BESIDE,
    "sys.settrace": _INTERPRETER,
    "sys.setprofile": _INTERPRETER,
    "sys.modules": "the import system",
    "sys.meta_path": "the import system",
    "sys.path": "the import system",
    "sys._getframe": _FRAMES,
    "subprocess": "other programs",
    "socket": "the network",
}
"""Names that no exercise of the course needs, with what they give access to."""

ALLOWED = (
    "torch.jit.script",
    "torch.jit.ignore",
    "torch.jit.unused",
    "torch.jit.export",
    "torch.select",
    "torch.signal",
    "torch.random",
    "torch.types",
    "IPython.display",
    "inspect.signature",
    "numpy.testing.assert_allclose",
    *(f"os.{name}" for name in ("path", "getcwd", "listdir", "makedirs", "mkdir", "remove", "cpu_count")),
    *(f"os.{name}" for name in ("sep", "environ", "getenv", "unlink", "rmdir", "replace", "rename")),
    *(f"sys.{name}" for name in ("version", "version_info", "maxsize", "float_info", "getsizeof", "stdout")),
    *(f"sys.{name}" for name in ("stderr", "exit", "platform", "executable", "getrecursionlimit")),
)
"""Harmless names in modules that are not."""

LEAKED = _words(
    """
    os sys importlib builtins ctypes inspect threading subprocess socket pickle io gc multiprocessing
    traceback linecache atexit weakref runpy pkgutil marshal asyncio concurrent code codeop ast dis
    """
)
"""Modules that other modules hold under the same name: `torch.sys`."""

BUILT_IN = _words(
    """
    exec eval compile globals locals delattr breakpoint open get_ipython __import__ __builtins__
    __loader__ __spec__
    """
)
"""Names that get a sign without an import. Others may be variables of the notebook: `code`, `signal`."""

INSIDE = _words(
    """
    f_back f_locals f_globals f_builtins f_code f_trace gi_frame gi_code cr_frame cr_code ag_frame
    ag_code tb_frame tb_next co_consts co_code func_globals grad_fn next_functions user_ns
    user_global_ns run_cell run_line_magic run_cell_magic run_code ex getattr_static getclosurevars
    resolve_name locate attrgetter methodcaller CompilationUnit meta_path path_hooks settrace setprofile
    _getframe _current_frames
    """
)
"""Attributes that give access to other code's private objects, on whatever object."""
HARMLESS_DUNDERS = frozenset(
    f"__{name}__"
    for name in _words(
        """
        init post_init name qualname module doc version len call repr str eq ne lt le gt ge hash iter next
        enter exit getitem setitem contains add radd sub rsub mul rmul truediv rtruediv matmul rmatmul pow
        neg abs float int bool index all annotations main file
        """
    )
)
WRITES = frozenset(
    ("write_text", "write_bytes", "tofile", "writelines", "touch", "hardlink_to", "symlink_to")
)
"""Attributes that write a file, from which code could be imported."""

_CHECK_ITSELF = re.compile(r"utils\.checks\.week\w+\.[A-Za-z]\w*$")
"""A check itself, which any cell may call; its attributes get a sign."""
_PRIVATE = re.compile(r"(?:^|\.)(?:_[a-zA-Z]\w*|__dict__$)")
_OS_AND_SYS = re.compile(r"(?:os|sys)\.\w")


def import_problem(module: str, own: Collection[str]) -> str:
    """Returns the sign for an import; empty where the week's notebook has it, or it is harmless."""
    if any(_is_in(module, each) for each in own) or module.partition(".")[0] in ("os", "sys"):
        return ""  # for os and sys, the attribute decides
    if reached := _reached(module):
        return reached
    if any(_is_in(module, each) for each in HARMLESS):
        return ""
    return f"imports {module}, which no exercise of this week needs"


def name_problem(name: str, forbidden: Sequence[str], own: Collection[str], is_imported: bool) -> str:
    """Returns the sign for a full name in the code; empty where it is harmless.

    Args:
        name: the full name.
        forbidden: full names of functions that would do the exercise's work.
        own: the modules and full names that the instructor's own cells import.
        is_imported: whether its first part is a module or was imported from one, as far as can be seen.
    """
    for each in forbidden:
        if _is_in(name, each):
            return f"uses {each}, which would do the exercise's work"
    if not is_imported and "." not in name and name not in BUILT_IN:
        return ""
    if (
        _CHECK_ITSELF.match(name)
        or name.startswith("torch._foreach_")
        or any(_is_in(name, each) for each in ALLOWED)
    ):
        return ""
    if name not in own and (reached := _reached(name)):
        return reached
    if not is_imported:
        return ""
    if _OS_AND_SYS.match(name):
        return f"uses {name}: it reaches for processes, files or the interpreter"
    if _PRIVATE.search(name) and not name.startswith("torch.Tensor."):
        return (
            f"uses {name}: it reaches for {_BELOW if name.startswith('torch') else 'what is private there'}"
        )
    if not LEAKED.isdisjoint(name.split(".")[1:]):
        return f"uses {name}: it reaches for a module by way of another"
    return ""


def is_allowed(name: str) -> bool:
    """Returns whether a full name is harmless although its module is not."""
    found = any(_is_in(name, each) for each in ALLOWED) or _CHECK_ITSELF.match(name)
    return bool(found) or name.startswith("torch._foreach_")


def attribute_problem(name: str) -> str:
    """Returns the sign for an attribute, on whatever object; empty where it is harmless."""
    if name in INSIDE or (name.startswith("__") and name.endswith("__") and name not in HARMLESS_DUNDERS):
        return f"uses {name}: it reaches for {_OTHERS}"
    return f"uses {name}: it writes {_FILES}" if name in WRITES else ""


def magic_problem(name: str, rest: str) -> str:
    """Returns the sign for one of IPython's magics; empty where it is harmless."""
    if name not in MAGICS or (name == "load_ext" and rest.strip() not in EXTENSIONS):
        return f"uses %{name}, which no exercise needs"
    return ""


def _reached(name: str) -> str:
    found = [each for each in REACHES if _is_in(name, each)]
    return f"uses {name}: it reaches for {REACHES[max(found, key=len)]}" if found else ""


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")
