"""The observation: the record, as plain data, of one call of the student's code."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from utils.checks.engine.isolation import captured_warnings, default_torch_state, isolated_random_state
from utils.checks.engine.plain_data import PlainDataError, as_plain_data, no_tensor_overrides
from utils.checks.engine.student_error import StudentError, student_error
from utils.checks.engine.untrusted import part, text, texts
from utils.checks.watch.device import device_problem
from utils.checks.watch.forbidden_calls import ForbiddenCallWatch

__all__ = ["Observation", "StudentError", "observe", "tensors"]


@dataclass(frozen=True)
class Observation:
    """The record of one call. `to_plain` converts it for the judge in another process."""

    output: Any = None
    error: StudentError | None = None
    device: str = "cpu"
    """`cpu` if the code stayed on its inputs' device; otherwise what went wrong, in a few words."""
    changed: tuple[str, ...] = ()
    """The inputs that the call changed in place."""
    shared: tuple[str, ...] = ()
    """The inputs that share memory with the output."""
    random_state: bool = False
    """Whether the call used or reseeded a global random generator."""
    ready_made: tuple[str, ...] = ()
    """The forbidden ready-made functions that it called."""
    noise: tuple[str, ...] = field(default=())
    """Warnings, one line each."""

    def to_plain(self) -> dict[str, Any]:
        """Returns the observation as a dict of plain data."""
        error = asdict(self.error) if self.error else None
        return {**self.__dict__, "output": as_plain_data(self.output), "error": error}

    @classmethod
    def from_plain(cls, data: Any) -> "Observation":
        """Returns the observation that `to_plain` described.

        Raises:
            PlainDataError: the data does not describe an observation.
        """
        error = part(data, "error", dict | None)
        return cls(
            output=part(data, "output", object),
            error=StudentError.from_plain(error) if error is not None else None,
            device=text(data, "device"),
            changed=texts(data, "changed"),
            shared=texts(data, "shared"),
            random_state=part(data, "random_state", bool),
            ready_made=texts(data, "ready_made"),
            noise=texts(data, "noise"),
        )


def observe(
    run: Callable[..., Any],
    submission: Any,
    inputs: dict[str, Any],
    forbidden: Sequence[str] = (),
    on_accelerator: bool = False,
) -> Observation:
    """Calls `run(submission, **inputs)` on copies of the inputs and records what happened.

    An exception that the student's code raises is recorded, not raised; only KeyboardInterrupt is raised.

    Args:
        run: The check's function that calls the student's code.
        submission: The student's function, class or value.
        inputs: The inputs of the case, which are left as they are.
        forbidden: Full names of functions whose calls are recorded.
        on_accelerator: Whether to test that the code would stay on its inputs' device on a GPU.
    """
    copies = copied(inputs)
    with default_torch_state(), isolated_random_state() as random_moved, captured_warnings() as noise:
        with ForbiddenCallWatch(forbidden) as watch:
            output, plain_output, error = _call(run, submission, copies)
        moved = random_moved()
        device = _device_of(output)
        if on_accelerator and not error and device == "cpu":
            device = device_problem(run, submission, copied(inputs)) or "cpu"
    return Observation(
        output=plain_output,
        error=error,
        device=device,
        changed=tuple(name for name, value in inputs.items() if not _same(value, copies[name])),
        shared=tuple(name for name, value in copies.items() if _storages(value) & _storages(output)),
        random_state=moved,
        ready_made=watch.seen,
        noise=tuple(noise),
    )


def _call(
    run: Callable[..., Any], submission: Any, inputs: dict[str, Any]
) -> tuple[Any, Any, StudentError | None]:
    """Returns the output, the output as plain data, and the error, if any.

    Converting the output is part of the call, since it may run methods of an object of the student's.
    """
    try:
        output = run(submission, **inputs)
        return output, as_plain_data(output), None
    except KeyboardInterrupt:
        raise
    except PlainDataError as error:
        message = f"What it returns cannot be compared with anything. {error}"
        return None, None, StudentError(type(error).__name__, message, misuse=True)
    except BaseException as raised:  # including SystemExit, which would end the notebook's kernel
        return None, None, student_error(raised, submission)


def tensors(value: Any) -> Iterator[Tensor]:
    """Yields every tensor in plain data, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from tensors(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors(item)


def copied(value: Any) -> Any:
    """Returns plain data with copies of its tensors, lists and dicts."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(copied(item) for item in value)
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
    """Returns the addresses of the memory of all tensors in plain data."""
    with no_tensor_overrides():
        dense = (each for each in tensors(value) if each.layout is torch.strided and each.numel())
        return {each.untyped_storage().data_ptr() for each in dense if each.device.type != "meta"}


def _device_of(output: Any) -> str:
    """Returns the first device other than the CPU that holds a part of the output, or `cpu`."""
    with no_tensor_overrides():
        return next((str(each.device) for each in tensors(output) if each.device.type != "cpu"), "cpu")
