"""One submission's way to a worker and back: bytes there, bytes back, and nothing else is shared.

A worker needs this package and no folder of the instructor's. It learns the seed of this submission's hidden
cases, never the secret that draws them.
"""

import base64
import importlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from grader.autograde.task import GradedSubmission, GradingTask
from grader.class_run.code_version import grader_version
from grader.gradebook.details import graded_from_plain
from grader.sandbox.limits import Limits
from grader.week_dependencies import library_versions
from utils.errors import CourseError

_OTHER_VERSION = (
    "a worker has another version of {} than this process: install the same one everywhere, start "
    "the workers anew, and grade again."
)
_BYTES = ("source", "submission", "parts")


@dataclass(frozen=True)
class Answer:
    """What came back: one of the three."""

    graded: GradedSubmission | None = None
    failure: str = ""
    """Why this submission could not be graded."""
    stop: str = ""
    """Why none can be: it concerns every submission."""


def to_bytes(task: GradingTask, executor: str) -> bytes:
    """The task as a worker gets it, with the name of what grades it and our versions."""
    plain = asdict(task)
    plain |= {name: base64.b64encode(plain[name]).decode() for name in _BYTES}
    versions = {"version": grader_version(task.week), "libraries": library_versions()}
    return json.dumps({"task": plain, "executor": executor, **versions}).encode()


def run(content: bytes) -> bytes:
    """Grades a submission; this is what Dask calls on a worker. Whatever happens, it returns bytes."""
    order = json.loads(content)
    task = _task(order["task"])
    if grader_version(task.week) != order["version"]:
        return _json(stop=_OTHER_VERSION.format(_what_differs(order["libraries"])))
    try:
        graded = _executor(order["executor"])(task)
        return _json(graded=graded.to_plain())
    except CourseError as error:  # its kinds concern the machine or the week, not the student
        return _json(stop=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a defect of ours: it must not cost the others their grade
        return _json(
            failure=f"the grader failed over it ({type(error).__name__}: {error}); please report this."
        )


def prepare(content: bytes, forks: int) -> None:
    """Gets ready what grading such a task takes, before so many processes are forked from this one.

    The executor's module may have a function of this name, and so for the next two.
    """
    _call("prepare", content, forks)


def after_fork_in_child(content: bytes, place: int) -> None:
    """Is called in each process that was forked, with its number; one that takes another's place, too."""
    _call("after_fork_in_child", content, place)


def after_fork_in_parent(content: bytes, place: int) -> None:
    """Is called in the process that forks."""
    _call("after_fork_in_parent", content, place)


def from_bytes(content: bytes) -> Answer:
    """What `run` returned."""
    plain = json.loads(content)
    graded = plain["graded"]
    return Answer(graded and graded_from_plain(graded), plain["failure"], plain["stop"])


def _what_differs(theirs: dict[str, str]) -> str:
    """The libraries whose version is another one here; if none, the course differs."""
    ours = library_versions()
    other = (
        f"{name} ({ours.get(name)}, not {theirs[name]})" for name in theirs if ours.get(name) != theirs[name]
    )
    return ", ".join(other) or "the course"


def _task(plain: dict[str, Any]) -> GradingTask:
    plain |= {name: base64.b64decode(plain[name]) for name in _BYTES}
    return GradingTask(**{**plain, "limits": Limits(**plain["limits"]), "required": tuple(plain["required"])})


def _json(graded: dict[str, Any] | None = None, failure: str = "", stop: str = "") -> bytes:
    return json.dumps({"graded": graded, "failure": failure, "stop": stop}).encode()


def _executor(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _call(function: str, content: bytes, *rest: int) -> None:
    order = json.loads(content)
    module = importlib.import_module(order["executor"].partition(":")[0])
    if hasattr(module, function):
        getattr(module, function)(_task(order["task"]), *rest)
