"""Reading of notebook files, with a helpful message for every way in which one can be broken."""

import json
import re
import stat
from pathlib import Path
from typing import Any

from utils.errors import CourseError

_FORMAT = 4  # nbformat's major version since 2015; older ones have another layout


class BrokenNotebook(CourseError):
    """A file that cannot be read as a Python notebook; the message says why and what to do."""


def read_cells(path: Path) -> list[dict[str, Any]]:
    """Return the cells of the notebook at `path`, each with its source as one string.

    Raises:
        BrokenNotebook: The file is missing, unreadable, or not a Python notebook.
    """
    return read_notebook(path)["cells"]


def read_notebook(path: Path) -> dict[str, Any]:
    """Return the JSON of the notebook at `path`, each cell's source joined to one string.

    Raises:
        BrokenNotebook: The file is missing, unreadable, or not a Python notebook.
    """
    notebook = _parse(path, _text(path))
    _refuse_other_formats(path, notebook)
    _refuse_other_languages(path, notebook["metadata"])
    for cell in notebook["cells"]:
        source = cell["source"]
        cell["source"] = source if isinstance(source, str) else "".join(source)
    return notebook


def read_bytes(path: Path) -> bytes:
    """Return the content of the file at `path`, which is known to be JSON with an nbformat.

    Raises:
        BrokenNotebook: The file is missing, unreadable, or not the JSON of a notebook.
    """
    content = _bytes(path)
    _parse(path, _decoded(path, content))
    return content


def language_of(content: bytes) -> str:
    """Return the language of the kernel that saved the notebook; empty if it is Python or not given."""
    metadata = json.loads(content.decode("utf-8-sig")).get("metadata")
    return _other_language(metadata if isinstance(metadata, dict) else {})


def _text(path: Path) -> str:
    return _decoded(path, _bytes(path))


def _decoded(path: Path, data: bytes) -> str:
    if not data.strip():
        raise BrokenNotebook(f"{path} is empty. {_restore(path)}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        sentence = f"{path} is not a notebook: its byte {error.start} is not UTF-8 text. {_restore(path)}"
        raise BrokenNotebook(sentence) from None


def _bytes(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise BrokenNotebook(_folder(path))
        if not stat.S_ISREG(mode):  # reading a pipe would wait for ever
            raise BrokenNotebook(f"{path} is not an ordinary file: name the notebook itself.")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a null character in the name
        raise BrokenNotebook(f"There is no file {str(path)!r}: look for a slip in its name.") from None
    except PermissionError:
        raise BrokenNotebook(f"You may not read {path}: change its permissions (`chmod u+r`).") from None
    except OSError as error:
        raise BrokenNotebook(f"{path} cannot be read: {error.strerror or error}.") from None


def _folder(path: Path) -> str:
    notebooks = sorted(path.glob("*.ipynb"))
    example = f", for example {notebooks[0]}" if notebooks else "; there is none in it"
    return f"{path} is a folder: name the notebook in it{example}."


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenNotebook(_not_json(path, text, error)) from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise BrokenNotebook(f"{path} is JSON but not a notebook: it names no nbformat. {_restore(path)}")
    return notebook


def _not_json(path: Path, text: str, error: Exception) -> str:
    conflict = re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        return (
            f"{path} holds the marks of an unfinished git merge (line {line}). Keep one side whole, "
            f"`git checkout --ours {path.name}` or `git checkout --theirs {path.name}` there, and try again."
        )
    place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
    return f"{path} is not a notebook: it is not valid JSON{place}. {_restore(path)}"


def _restore(path: Path) -> str:
    """Return advice about a broken file. JupyterLab's checkpoint comes first: it holds the student's work."""
    checkpoint = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    if checkpoint.is_file() and checkpoint.stat().st_size:
        return f"JupyterLab kept an earlier state of it: look at {checkpoint}."
    return "If JupyterLab still has it open, save it again; otherwise restore it from git or a copy."


def _refuse_other_formats(path: Path, notebook: dict[str, Any]) -> None:
    if notebook["nbformat"] != _FORMAT:
        raise BrokenNotebook(
            f"{path} has notebook format {notebook['nbformat']!r}; the course reads format {_FORMAT}. "
            f"Save it from JupyterLab, or convert it: `jupyter nbconvert --to notebook {path.name}`."
        )
    if not isinstance(notebook.setdefault("metadata", {}), dict):
        raise BrokenNotebook(f"{path} is not a whole notebook: its metadata is damaged. {_restore(path)}")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise BrokenNotebook(f"{path} is not a whole notebook: it has no list of cells. {_restore(path)}")
    for number, cell in enumerate(cells, start=1):
        if not _is_cell(cell):
            raise BrokenNotebook(
                f"{path} is not a whole notebook: cell {number} is damaged. {_restore(path)}"
            )


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("metadata"), dict):
        return False
    source = cell.get("source")
    lines = [source] if isinstance(source, str) else source
    known = cell.get("cell_type") in {"code", "markdown", "raw"}
    return known and isinstance(lines, list) and all(isinstance(line, str) for line in lines)


def _refuse_other_languages(path: Path, metadata: dict[str, Any]) -> None:
    language = _other_language(metadata)
    if language:
        raise BrokenNotebook(
            f"{path} is not a Python notebook: it was saved by a kernel for {language}. "
            "Open it in JupyterLab, choose Kernel > Change Kernel > Python 3, and save it."
        )


def _other_language(metadata: dict[str, Any]) -> str:
    for key, field in (("kernelspec", "language"), ("language_info", "name")):
        about = metadata.get(key)
        language = about.get(field) if isinstance(about, dict) else None
        if isinstance(language, str) and language and not language.lower().startswith(("python", "ipython")):
            return language
    return ""
