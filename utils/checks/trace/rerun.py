"""Calls a student's code once more, silently, and puts back what the call has changed."""

import contextlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from utils.checks.engine.isolation import captured_warnings, default_torch_state, isolated_random_state
from utils.checks.engine.plain_data import as_plain_data
from utils.checks.trace.recorder import Place, Recorder
from utils.checks.trace.statements import is_cell

_MAX_GLOBALS = 2000
_MAX_ITEMS = 10_000  # of a list or dict that is copied, and numbers of a tensor


@dataclass(frozen=True)
class Rerun:
    """A recorded call."""

    output: Any
    """Plain data."""
    recorder: Recorder


def can_be_called_again(submission: Any) -> bool:
    """Returns True for a function or a class of the student's, which holds no state of its own.

    An instance, a generator or a compiled function may, and a second call may give something else.
    """
    if isinstance(submission, types.FunctionType):
        return not hasattr(submission, "_torchdynamo_orig_callable")
    return isinstance(submission, type)


def call_again(
    run: Callable[..., Any],
    submission: Any,
    inputs: Mapping[str, Any],
    seconds: float,
    substitutes: Mapping[Place, Callable[[int, Any], Any]] | None = None,
) -> Rerun | None:
    """Calls `run(submission, **inputs)` under the recorder; None if that did not end well and in time.

    Args:
        run: The check's function that calls the student's code.
        submission: A function or class.
        inputs: Drawn for this call, since the code may change them.
        seconds: The limit on its time.
        substitutes: See `Recorder`.
    """
    recorder = Recorder(seconds, substitutes)
    with calls_without_traces(submission):
        output = call_under(recorder, run, submission, inputs)
    return None if output is FAILED else Rerun(output, recorder)


FAILED = object()
"""The output of a call that did not end well and in time."""


@contextlib.contextmanager
def calls_without_traces(submission: Any) -> Iterator[None]:
    """A context in which calls show nothing, and after which the notebook's variables are as before."""
    with _silence(), _globals_kept(submission), _no_compiling(), default_torch_state(), captured_warnings():
        yield


def call_under(
    recorder: Recorder, run: Callable[..., Any], submission: Any, inputs: Mapping[str, Any]
) -> Any:
    """Returns the output of one call as plain data, or `FAILED`."""
    if sys.gettrace() is not None:  # a debugger, or a measurement of coverage
        return FAILED
    try:
        with isolated_random_state():
            with recorder:
                output = run(submission, **inputs)
            output = as_plain_data(output)
    except KeyboardInterrupt:
        raise
    except BaseException:  # the student's code may raise anything, and Stop ends it at its budget
        return FAILED
    return FAILED if recorder.exceeded or not recorder.undisturbed else output


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """A context in which nothing is shown: the first call has shown it already."""
    if "IPython" not in sys.modules:
        import io

        with contextlib.redirect_stdout(io.StringIO()):
            yield
        return
    from IPython.utils.capture import capture_output

    with capture_output():
        yield


@contextlib.contextmanager
def _no_compiling() -> Iterator[None]:
    """A context in which compiled functions run as they were written."""
    if "torch._dynamo" not in sys.modules:
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield


@contextlib.contextmanager
def _globals_kept(submission: Any) -> Iterator[None]:
    """A context after which the notebook's variables, and what functions keep, are as they were before."""
    spaces = _namespaces(submission)
    before = [(space, dict(space), _contents(space.values())) for space in spaces]
    functions = [
        value for space in spaces for value in space.values() if isinstance(value, types.FunctionType)
    ]
    functions += [submission] if isinstance(submission, types.FunctionType) else []
    own = [(function.__dict__, dict(function.__dict__)) for function in functions]
    held = _contents(
        value
        for function in functions
        for value in (*(function.__defaults__ or ()), *function.__dict__.values(), *_cells(function))
    )
    cells = [(cell, _content(cell)) for function in functions for cell in function.__closure__ or ()]
    try:
        yield
    finally:
        for space, names in [*((space, names) for space, names, _ in before), *own]:
            _restore_names(space, names)
        for cell, content in cells:
            if content is not _EMPTY and _content(cell) is not content:
                cell.cell_contents = content
        for contents in [*(contents for _, _, contents in before), held]:
            for restore in contents:
                restore()


def _namespaces(submission: Any) -> list[dict[str, Any]]:
    """Returns the global variables of the student's code, and the attributes of the class."""
    methods = vars(submission).values() if isinstance(submission, type) else (submission,)
    functions = [each for each in methods if isinstance(each, types.FunctionType)]
    spaces = {
        id(each.__globals__): each.__globals__ for each in functions if is_cell(each.__code__.co_filename)
    }
    return [space for space in spaces.values() if len(space) <= _MAX_GLOBALS]


_EMPTY = object()


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # the variable is not assigned yet
        return _EMPTY


def _cells(function: types.FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        yield _content(cell)


def _restore_names(space: dict[str, Any], names: dict[str, Any]) -> None:
    for name in [name for name in space if name not in names]:
        del space[name]
    space.update((name, value) for name, value in names.items() if space.get(name, _EMPTY) is not value)


def _contents(values: Any) -> list[Callable[[], None]]:
    """Returns functions that put back the items of lists, dicts and sets, and the numbers of tensors."""
    return [restore for value in values if (restore := _restorer(value))]


def _restorer(value: Any) -> Callable[[], None] | None:
    kind = type(value)
    if kind is list and len(value) <= _MAX_ITEMS:
        return _list_restorer(value, list(value))
    if isinstance(value, dict | set) and len(value) <= _MAX_ITEMS:
        return _items_restorer(value, kind(value) if kind in (dict, set) else value.copy())
    if kind is Tensor and value.device.type == "cpu" and value.numel() <= _MAX_ITEMS:
        return _tensor_restorer(value)
    return None


def _list_restorer(value: list, items: list) -> Callable[[], None]:
    def restore() -> None:
        if len(value) != len(items) or any(a is not b for a, b in zip(value, items, strict=True)):
            value[:] = items

    return restore


def _items_restorer(value: Any, items: Any) -> Callable[[], None]:
    def restore() -> None:
        if value != items:
            value.clear()
            value.update(items)

    return restore


def _tensor_restorer(value: Tensor) -> Callable[[], None] | None:
    try:
        version, numbers = value._version, value.detach().clone()
    except Exception:  # an inference tensor has no version, a sparse one no strides
        return None

    def restore() -> None:
        if value._version != version:
            with torch.no_grad():
                value.detach().copy_(numbers)

    return restore
