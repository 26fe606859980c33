"""An exception that the student's code raised, described for the student: without the engine's own frames."""

import contextlib
import linecache
import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from utils.checks.engine.untrusted import part, readable, text, texts
from utils.errors import CheckMisuse

_CHECKS = Path(__file__).parents[1]
_ANSWERS = _CHECKS.parent / "answers"
_LIBRARIES = (_CHECKS, _ANSWERS, Path(torch.__file__).parent, Path(contextlib.__file__).parent)


@dataclass(frozen=True)
class StudentError:
    """An exception that the student's code raised."""

    type_name: str
    message: str
    where: tuple[str, ...] = ()
    """The student's own frames, innermost last: `line 7 in causal_mask: return scores + mask`."""
    written: bool = True
    """False if it is the stub's NotImplementedError."""
    misuse: bool = False
    """True if the check could not use what it was given; the message is then complete by itself."""

    @property
    def kind(self) -> tuple[str, str]:
        """The error without what differs between two programs that make the same mistake on the same inputs:
        memory addresses and einsum's letters.

        Sizes stay, since many mistakes raise `mat1 and mat2 shapes cannot be multiplied` and only the sizes
        tell them apart.
        """
        message = re.sub(r"\b0x[0-9a-f]+", "0x…", self.message)
        return self.type_name, re.sub(r"\bsubscript [A-Za-z]\b", "subscript …", message)

    @classmethod
    def from_plain(cls, data: Any) -> "StudentError":
        """Returns the error that a dict of plain data describes.

        Raises:
            PlainDataError: the data does not describe an error.
        """
        return cls(
            type_name=text(data, "type_name"),
            message=text(data, "message"),
            where=texts(data, "where"),
            written=part(data, "written", bool),
            misuse=part(data, "misuse", bool),
        )


def student_error(raised: BaseException, submission: Any) -> StudentError:
    """Returns the description of `raised`, which a call of `submission` has raised."""
    if _is_not_callable(raised, submission):
        given = "None" if submission is None else f"a value of type {type(submission).__name__}"
        raised = CheckMisuse(f"The check calls your function or class itself; it was given {given}.")
    misuse = isinstance(raised, CheckMisuse)
    return StudentError(
        type_name=readable(type(raised).__name__),
        message=message_of(raised),
        where=() if misuse else _student_frames(raised.__traceback__),
        # A stub raises it without arguments; torch with a message, for an operation that a dtype lacks.
        written=not (isinstance(raised, NotImplementedError) and not raised.args),
        misuse=misuse,
    )


def message_of(raised: BaseException | str) -> str:
    """Returns the message of an exception or a warning, shortened and printable."""
    try:
        message = str(raised)
    except Exception:  # str() of a student's exception may raise
        return "(its message cannot be shown)"
    # torch appends a stack of its C++ code to some messages.
    return readable(message.partition("\nException raised from ")[0].strip())


def _is_not_callable(raised: BaseException, submission: Any) -> bool:
    ended = isinstance(raised, TypeError) and message_of(raised).endswith("object is not callable")
    return ended and not callable(submission)


def _student_frames(trace: TracebackType | None) -> tuple[str, ...]:
    """Returns the last three frames in the student's own code, without the engine's and libraries'."""
    frames = [frame for frame in traceback.extract_tb(trace) if not is_library(frame.filename)]
    return tuple(readable(describe_frame(frame)) for frame in frames[-3:])


def is_library(filename: str) -> bool:
    """True if a frame's file belongs to the engine or a library, and not to the student."""
    if filename.startswith("<") and not filename.startswith("<ipython-input"):
        return True
    path = Path(filename)
    packages = {"site-packages", "dist-packages"} & set(path.parts)
    return bool(packages) or any(folder in path.parents for folder in _LIBRARIES)


def describe_frame(frame: traceback.FrameSummary) -> str:
    """Returns a frame as a report shows it: `line 7 in causal_mask: return scores + mask`."""
    code = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    return f"line {frame.lineno} in {frame.name}: {code}"
