"""Resource limits of a process (setrlimit)."""

import resource

from grader.sandbox.limits import Limits


def limit_processes(limits: Limits) -> None:
    """Limits processes and threads. Linux counts them per user and user namespace."""
    _lower(resource.RLIMIT_NPROC, limits.processes)


def limit_process(limits: Limits) -> None:
    """Limits one process's memory, processor time and files, and switches core dumps off."""
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    _lower(resource.RLIMIT_CPU, limits.cpu_seconds)
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    _lower(resource.RLIMIT_NOFILE, limits.open_files)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))
