"""The layers of the sandbox, what each protects, and the protections without which nothing is run."""

from collections.abc import Iterable

from utils.errors import CourseError

BUBBLEWRAP = "bubblewrap"
OTHER_USER = "another user"
NAMESPACES = "namespaces of its own"
LANDLOCK = "Landlock"
SECCOMP = "seccomp"
NO_NEW_RIGHTS = "no new rights"
LIMITS = "resource limits"
CONTROL_GROUP = "control group"

_PROTECTS = {
    "files": (BUBBLEWRAP, LANDLOCK),
    "network": (BUBBLEWRAP, NAMESPACES, SECCOMP),
    "processes": (BUBBLEWRAP, NAMESPACES),
}
_MEANS = {
    "files": "a submission could read your files, the solutions and the gradebook",
    "network": "a submission could use the network",
    "processes": "a submission could reach other programs of yours",
}


class SandboxTooWeak(CourseError):
    """This machine lacks a protection that grading asks for; the message says which and what to do."""


def missing(required: Iterable[str], in_force: Iterable[str]) -> list[str]:
    """Returns the required protections that no layer in force gives."""
    layers = set(in_force)
    return [each for each in required if not layers & set(_PROTECTS[each])]


def insist(required: Iterable[str], in_force: Iterable[str]) -> None:
    """Checks that every required protection is given.

    Raises:
        SandboxTooWeak: one is not.
    """
    lacking = missing(required, in_force)
    if lacking:
        dangers = "; ".join(_MEANS[each] for each in lacking)
        layers = ", ".join(in_force) or "none"
        raise SandboxTooWeak(
            f"Nothing was graded: on this machine {dangers}. Layers in force: {layers}. Install bubblewrap "
            "(Debian, Ubuntu: apt install bubblewrap) and allow user namespaces, or grade on a Linux machine "
            "that has them. To grade all the same, because you trust every submission, say so: "
            "c.TrustedExecute.required = [] in nbgrader_config.py."
        )
