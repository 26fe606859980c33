"""One attempt: the student's code called once, watched, and written down as plain data."""

import contextlib
import io
import linecache
import random
import re
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from utils.checks.accelerator import accelerator_problem
from utils.checks.plain import plain
from utils.checks.ready_made import ReadyMadeWatch

_OURS = Path(__file__).parent
_MAX_TEXT = 600  # characters of an error's own message that a report repeats


class CheckMisuse(Exception):
    """What the student wrote cannot be used as the check must use it; the message is for the student."""


@dataclass(frozen=True)
class StudentError:
    """An exception that the student's code raised."""

    type_name: str
    message: str
    where: tuple[str, ...] = ()
    """The student's own frames, innermost last: `line 7 in causal_mask: return scores + mask`."""
    written: bool = True
    """False when it is the stub's NotImplementedError."""
    misuse: bool = False
    """True when the check could not use what it was given; the message then says all."""

    @property
    def kind(self) -> tuple[str, str]:
        """The error without its sizes: two runs of one mistake on other sizes have the same kind."""
        return self.type_name, re.sub(r"\d+", "#", self.message)


@dataclass(frozen=True)
class Attempt:
    """What came of one call. Plain data but for nothing: it crosses to the judge as it is."""

    output: Any = None
    error: StudentError | None = None
    device: str = "cpu"
    """`cpu`, where the inputs are; otherwise what went wrong with devices, in a few words."""
    changed: tuple[str, ...] = ()
    """The inputs that the call changed in place."""
    shared: tuple[str, ...] = ()
    """The inputs whose memory the output shares."""
    random_state: bool = False
    """Whether the call moved or reseeded a global random generator."""
    ready_made: tuple[str, ...] = ()
    """The forbidden ready-made functions that it called."""
    noise: tuple[str, ...] = field(default=())
    """Warnings, one line each."""

    def to_plain(self) -> dict[str, Any]:
        """The attempt as plain data."""
        error = asdict(self.error) if self.error else None
        return {**self.__dict__, "output": plain(self.output), "error": error}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> "Attempt":
        """The attempt that `to_plain` described."""
        error = StudentError(**data["error"]) if data["error"] else None
        return cls(**{**data, "error": error})


def attempt(
    run: Callable[..., Any],
    submission: Any,
    inputs: dict[str, Any],
    forbidden: Sequence[str] = (),
    on_accelerator: bool = False,
) -> Attempt:
    """Calls `run(submission, **inputs)` on copies of the inputs and writes down what happened.

    Raises nothing that the student's code raises, except KeyboardInterrupt. `on_accelerator` also asks
    whether the code would keep to the inputs' device if they were on an accelerator.
    """
    copies = _copy(inputs)
    with _own_random_state() as random_moved, _quiet() as noise, ReadyMadeWatch(forbidden) as watch:
        try:
            output, error = run(submission, **copies), None
        except KeyboardInterrupt:
            raise
        except BaseException as raised:  # a student's SystemExit must not end the notebook's check either
            output, error = None, _student_error(raised)
        moved = random_moved()
    device = _foreign_device(output)
    if on_accelerator and not error and device == "cpu":
        device = accelerator_problem(run, submission, _copy(inputs)) or "cpu"
    return Attempt(
        output=plain(output),
        error=error,
        device=device,
        changed=tuple(name for name, value in inputs.items() if not _same(value, copies[name])),
        shared=tuple(name for name, value in copies.items() if _storages(value) & _storages(output)),
        random_state=moved,
        ready_made=watch.seen,
        noise=tuple(noise),
    )


def tensors(value: Any) -> Iterator[Tensor]:
    """Every tensor in plain data, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from tensors(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors(item)


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copy(item) for item in value)
    return value


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor):
        same_kind = before.shape == after.shape and before.dtype == after.dtype
        return same_kind and torch.equal(before.nan_to_num(), after.detach().nan_to_num())
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_same, before, after))
    return before == after


def _storages(value: Any) -> set[int]:
    return {tensor.untyped_storage().data_ptr() for tensor in tensors(value) if tensor.numel()}


def _foreign_device(output: Any) -> str:
    return next((str(tensor.device) for tensor in tensors(output) if tensor.device.type != "cpu"), "cpu")


@contextlib.contextmanager
def _own_random_state() -> Iterator[Callable[[], bool]]:
    """A fixed random state inside, the notebook's own afterwards; yields a function: has it moved?

    Fixed, so that a mistake which draws random numbers draws the same ones each time.
    """
    python_before, numpy_before = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        inside = torch.get_rng_state()

        def moved() -> bool:
            same_numpy = all(map(np.array_equal, np.random.get_state(), numpy_before))
            same_torch = torch.equal(torch.get_rng_state(), inside)
            return not (same_numpy and same_torch and random.getstate() == python_before)

        try:
            yield moved
        finally:
            random.setstate(python_before)
            np.random.set_state(numpy_before)


@contextlib.contextmanager
def _quiet() -> Iterator[list[str]]:
    """Collects warnings and what goes to stderr: a notebook grader may take anything on stderr for a failure.
    What the student prints stays where they look for it.
    """
    lines: list[str] = []
    error_text = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stderr(error_text):
        warnings.simplefilter("always")
        try:
            yield lines
        finally:
            lines += [f"{warning.category.__name__}: {warning.message}".splitlines()[0] for warning in caught]
            lines += [line for line in error_text.getvalue().splitlines() if line.strip()][:3]
            lines[:] = [line[:_MAX_TEXT] for line in dict.fromkeys(lines)]


def _student_error(raised: BaseException) -> StudentError:
    misuse = isinstance(raised, CheckMisuse)
    return StudentError(
        type_name=type(raised).__name__,
        message=_message(raised),
        where=() if misuse else _student_frames(raised.__traceback__),
        written=not isinstance(raised, NotImplementedError),
        misuse=misuse,
    )


def _message(raised: BaseException) -> str:
    try:
        return str(raised).strip()[:_MAX_TEXT]
    except Exception:  # a student's exception may even fail to print
        return "(its message cannot be shown)"


def _student_frames(trace: TracebackType | None) -> tuple[str, ...]:
    """The frames in the student's own code: not ours, not a library's."""
    frames = [frame for frame in traceback.extract_tb(trace) if not _is_library(frame.filename)]
    return tuple(_describe(frame) for frame in frames[-3:])


def _is_library(filename: str) -> bool:
    if filename.startswith("<") and not filename.startswith("<ipython-input"):
        return True
    path = Path(filename)
    folders = {
        _OURS,
        _OURS.parent / "verdicts",
        Path(torch.__file__).parent,
        Path(contextlib.__file__).parent,
    }
    return any(folder in path.parents for folder in folders) or "site-packages" in path.parts


def _describe(frame: traceback.FrameSummary) -> str:
    code = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    return f"line {frame.lineno} in {frame.name}: {code}"
