"""The limits on what a submission may use, with their defaults."""

from dataclasses import dataclass, fields

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """The limits of one submission. Sizes in bytes, times in seconds."""

    cell_seconds: float = 30
    """Wall time of one cell, checks among them."""
    check_seconds: float = 20
    """Wall time of one check with all of its cases, public and hidden, without the judge's own work. After
    two checks that took longer, each has 5 s."""
    notebook_seconds: float = 150
    """Wall time of the whole notebook: half of it for its cells, the rest for its checks and the judge."""
    cpu_seconds: int = 150
    """Processor time of one process."""
    memory_bytes: int = 3072 * MIB
    """Address space of one process, of which PyTorch itself takes about 900 MiB; and, where the machine has
    control groups, the memory of all of them together."""
    processes: int = 64
    """Processes and threads at one time."""
    open_files: int = 256
    """Open files of one process."""
    file_bytes: int = 64 * MIB
    """The largest file."""
    disk_bytes: int = 128 * MIB
    """All files in the private folder together. They are kept in memory."""
    output_bytes: int = 256 * 1024
    """Output of one cell; the rest is cut off, with a line that says so."""
    notebook_output_bytes: int = 4 * MIB
    """Output of all cells together."""
    message_bytes: int = 64 * MIB
    """All answers of a check cell together. The largest right ones, of week 10, have 8 MiB. Public ones are
    compared and dropped before those of the next check arrive."""
    submission_bytes: int = 32 * MIB
    """The submitted file."""
    restarts: int = 8
    """Number of times that a kernel that ended is replaced."""


_MINIMUM = {
    "memory_bytes": 1280 * MIB,
    "processes": 48,
    "open_files": 64,
    "file_bytes": MIB,
    "disk_bytes": MIB,
    "message_bytes": 16 * MIB,
}
"""With less, right answers would lose points: every check waits in a process of its own, PyTorch alone takes
900 MiB, and some right answers are large.
"""
_MAX_SECONDS = 10**6
"""Eleven days: a socket's timeout has a largest value."""
_MAX_NUMBER = 2**62
"""The largest number that `setrlimit` takes everywhere, halved."""


def limit_problem(name: str, value: object) -> str | None:
    """Returns what is wrong with a value for that limit, in one sentence; None if it is valid.

    Sizes and numbers are whole, but may be written as `4e9`. `checked` returns them as integers.
    """
    names = [field.name for field in fields(Limits)]
    if name not in names:
        return f"There is no limit {name!r}. The limits are {', '.join(names)}."
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:  # also refuses NaN
        return f"The limit {name} must be a number above 0, not {value!r}."
    maximum = _MAX_SECONDS if name.endswith("_seconds") else _MAX_NUMBER
    if value > maximum:
        return f"The limit {name} must be at most {maximum:,}, not {value!r}."
    if _is_whole(name) and not float(value).is_integer():
        return f"The limit {name} must be a whole number, not {value!r}."
    if value < _MINIMUM.get(name, 0):
        return f"The limit {name} must be at least {_MINIMUM[name]:,}, or nothing can run; it is {value!r}."
    return None


def checked(name: str, value: float) -> float:
    """Returns the value for that limit: sizes and numbers as `int`, seconds unchanged.

    Raises:
        ValueError: the value is not valid; the message is that of `limit_problem`.
    """
    if problem := limit_problem(name, value):
        raise ValueError(problem)
    return int(value) if _is_whole(name) else value


def _is_whole(name: str) -> bool:
    return next(field.type for field in fields(Limits) if field.name == name) is int
