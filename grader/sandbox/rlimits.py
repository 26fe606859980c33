"""The limits that every Unix keeps for a process."""

import resource

from grader.sandbox.limits import Limits


def limit_processes(limits: Limits) -> None:
    """Processes and threads. Set before the user namespace is made, it holds for all in it together."""
    _lower(resource.RLIMIT_NPROC, limits.processes)


def limit_process(limits: Limits) -> None:
    """What one process may use: memory, processor time, files; no core dumps."""
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    _lower(resource.RLIMIT_CPU, limits.cpu_seconds)
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    _lower(resource.RLIMIT_NOFILE, limits.open_files)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))
