"""Isolation of a call of the student's code: torch's settings, random states and stderr, all restored."""

import contextlib
import io
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from utils.checks.engine.student_error import message_of
from utils.checks.engine.untrusted import readable
from utils.checks.watch.global_random import SEED


@contextlib.contextmanager
def default_torch_state() -> Iterator[None]:
    """A context with torch's defaults: float32, the CPU and gradients on. Restores the previous settings.

    Cases are drawn, expected values are computed and the student's code is called in this context, so that a
    notebook that works in float64 or on a GPU by default has the same answer key as any other.
    """
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    try:
        torch.set_default_dtype(torch.float32)
        with _cpu(device), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
        if torch.get_default_device() != device:
            torch.set_default_device(None if device.type == "cpu" else device)


def _cpu(default: torch.device) -> contextlib.AbstractContextManager[object]:
    """Returns a context in which the CPU is the default device.

    It is empty where the CPU is the default already: torch's own takes some microseconds of every operation.
    """
    return contextlib.nullcontext() if default.type == "cpu" else torch.device("cpu")


@contextlib.contextmanager
def isolated_random_state() -> Iterator[Callable[[], bool]]:
    """A context with a fixed random state, after which the previous state is restored.

    The state is fixed so that a mistake that draws random numbers draws the same ones every time. Covers
    Python's, numpy's and torch's CPU generators.

    Yields:
        A function that returns whether a global generator has been used or reseeded since.
    """
    python_before, numpy_before = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also seed a GPU's generator, which is not restored.
        torch.default_generator.manual_seed(SEED)
        random.seed(SEED)
        np.random.seed(SEED)
        inside = _random_states()

        def moved() -> bool:
            return _random_states() != inside

        try:
            yield moved
        finally:
            random.setstate(python_before)
            np.random.set_state(numpy_before)


def _random_states() -> tuple[Any, ...]:
    state = np.random.get_state()
    assert isinstance(state, tuple)  # a dict only where legacy=False asks for one
    name, keys, *rest = state
    return torch.get_rng_state().numpy().tobytes(), random.getstate(), name, keys.tobytes(), *rest


@contextlib.contextmanager
def captured_warnings() -> Iterator[list[str]]:
    """A context that collects warnings and the first lines of stderr; the list is filled when it ends.

    A notebook grader may take any output on stderr for a failure. What the student prints to stdout is not
    captured.
    """
    lines: list[str] = []
    error_text = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stderr(error_text):
        warnings.simplefilter("always")
        try:
            yield lines
        finally:
            lines += [_first_line(warning) for warning in caught]
            lines += [line for line in error_text.getvalue().splitlines() if line.strip()][:3]
            lines[:] = [readable(line) for line in dict.fromkeys(lines)]


def _first_line(warning: warnings.WarningMessage) -> str:
    line = f"{warning.category.__name__}: {message_of(warning.message)}".splitlines()[0]
    return line.partition(" (Triggered internally at ")[0]  # PyTorch adds a place in its own C++ code
