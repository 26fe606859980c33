"""The messages between the class run and a worker: one task as bytes, one answer as bytes.

A worker needs the installed course and none of the instructor's folders. It gets the seed of one submission's
hidden cases, never the secret from which seeds are derived.
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
    """A worker's answer: exactly one of its fields is set."""

    graded: GradedSubmission | None = None
    failure: str = ""
    """The reason why this submission could not be graded."""
    stop: str = ""
    """The reason why no submission can be graded, such as a worker with another version."""


def to_bytes(task: GradingTask, executor: str) -> bytes:
    """Return the message to a worker: the task, the executor's name and this process's versions."""
    plain = asdict(task)
    plain |= {name: base64.b64encode(plain[name]).decode() for name in _BYTES}
    versions = {"version": grader_version(task.week), "libraries": library_versions()}
    return json.dumps({"task": plain, "executor": executor, **versions}).encode()


def run(content: bytes) -> bytes:
    """Grades a submission; Dask calls this on a worker. Every error but KeyboardInterrupt is returned."""
    message = json.loads(content)
    task = _task(message["task"])
    if grader_version(task.week) != message["version"]:
        return _json(stop=_OTHER_VERSION.format(_differences(message["libraries"])))
    try:
        graded = _executor(message["executor"])(task)
        return _json(graded=graded.to_plain())
    except CourseError as error:  # such errors concern the machine or the week, not the student
        return _json(stop=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a defect of the grader must not stop the other submissions
        return _json(
            failure=f"the grader failed over it ({type(error).__name__}: {error}); please report this."
        )


def prepare(content: bytes, forks: int) -> None:
    """Loads what grading such a task needs, before so many processes are forked from this one.

    This and the next two call the function of the same name in the executor's module, if it has one.
    """
    _call("prepare", content, forks)


def after_fork_in_child(content: bytes, index: int) -> None:
    """Prepares a forked process for grading. Replacements of killed ones get an index of their own, too."""
    _call("after_fork_in_child", content, index)


def after_fork_in_parent(content: bytes, index: int) -> None:
    """Releases in the parent what belongs to the fork with this index."""
    _call("after_fork_in_parent", content, index)


def from_bytes(content: bytes) -> Answer:
    """Read an answer from the bytes that `run` returned."""
    plain = json.loads(content)
    graded = plain["graded"]
    return Answer(graded_from_plain(graded) if graded else None, plain["failure"], plain["stop"])


def _differences(expected: dict[str, str]) -> str:
    """Name the libraries whose version differs; if all are the same, the course itself does."""
    own = library_versions()
    differing = (
        f"{name} ({own.get(name)}, not {version})"
        for name, version in expected.items()
        if own.get(name) != version
    )
    return ", ".join(differing) or "the course"


def _task(plain: dict[str, Any]) -> GradingTask:
    plain |= {name: base64.b64decode(plain[name]) for name in _BYTES}
    return GradingTask(**{**plain, "limits": Limits(**plain["limits"]), "required": tuple(plain["required"])})


def _json(graded: dict[str, Any] | None = None, failure: str = "", stop: str = "") -> bytes:
    return json.dumps({"graded": graded, "failure": failure, "stop": stop}).encode()


def _executor(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _call(function: str, content: bytes, *arguments: int) -> None:
    message = json.loads(content)
    module = importlib.import_module(message["executor"].partition(":")[0])
    if hasattr(module, function):
        getattr(module, function)(_task(message["task"]), *arguments)
