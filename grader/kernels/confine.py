"""Confines a process before a student's code runs in it."""

from collections.abc import Callable, Iterable

from grader.sandbox import landlock, layers, linux, rights, rlimits, seccomp
from grader.sandbox.limits import Limits


def confine(
    readable: Iterable[str], writable: Iterable[str], filter_program: bytes, limits: Limits
) -> list[str]:
    """Applies every layer that this machine offers, for good; returns their names."""
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        (layers.LIMITS, lambda: rlimits.limit_process(limits)),
        (layers.NO_NEW_RIGHTS, _give_up_rights),
        (layers.LANDLOCK, lambda: landlock.restrict(readable, writable)),
        (layers.SECCOMP, lambda: seccomp.refuse(filter_program)),
    )
    return [name for name, step in steps if _succeeds(step)]


def _give_up_rights() -> None:
    linux.no_new_privileges()
    rights.drop_capabilities()


def _succeeds(step: Callable[[], None]) -> bool:
    try:
        step()
    except (OSError, ValueError):  # this machine does not have it
        return False
    return True
