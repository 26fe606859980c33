"""What surrounds a call of the student's code: torch's settings, random states, stderr. All are put back."""

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

SEED = 86_028_121  # no student's: a call that seeds with 0 or 42 is seen to do so


@contextlib.contextmanager
def default_torch_state() -> Iterator[None]:
    """torch as it starts: float32, the CPU and gradients on. What was set before is set again afterwards.

    Cases are drawn, expected values are computed and the student's code is called in here, so that a notebook
    which works in float64 or on a GPU by default gets the same answer key as any other.
    """
    dtype = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float32)
        with torch.device("cpu"), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)


@contextlib.contextmanager
def isolated_random_state() -> Iterator[Callable[[], bool]]:
    """A fixed random state inside, the notebook's own afterwards; yields a function: has it moved?

    Fixed, so that a mistake which draws random numbers draws the same ones each time.
    """
    python_before, numpy_before = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(SEED)  # torch.manual_seed would seed a GPU's too, and for good
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
    name, keys, *rest = np.random.get_state()
    return torch.get_rng_state().numpy().tobytes(), random.getstate(), name, keys.tobytes(), *rest


@contextlib.contextmanager
def captured_warnings() -> Iterator[list[str]]:
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
            lines += [_first_line(warning) for warning in caught]
            lines += [line for line in error_text.getvalue().splitlines() if line.strip()][:3]
            lines[:] = [readable(line) for line in dict.fromkeys(lines)]


def _first_line(warning: warnings.WarningMessage) -> str:
    return f"{warning.category.__name__}: {message_of(warning.message)}".splitlines()[0]
