"""The measured costs of each week's notebook with solutions, in a tracked file."""

import json
import os
import platform
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

RUN_TIMES = Path(__file__).with_name("run_times.json")
"""The measurements of `course status --time`, by folder. Tracked in git, with the machine of each, since
times from different machines cannot be compared."""

LIBRARIES = ("torch", "transformers")
"""The libraries whose versions are noted."""


@dataclass(frozen=True)
class SlowCell:
    """One of the slowest cells of a notebook."""

    cell: str
    """Its position and its name."""
    seconds: float
    """Processor time in one thread."""
    is_demonstration: bool


@dataclass(frozen=True)
class Cost:
    """What a week's notebook with solutions takes with one reference. Times are of one processor thread."""

    seconds: float
    """Seconds for set-up, work and check cells: what grading runs."""
    demonstrations: float | None
    """Seconds for the demonstrations; None where only what is graded was timed, by an earlier version."""
    megabytes: int | None
    """The most memory that the kernel had in use, in 10^6 bytes; None as above."""
    most_in: str
    """The cell in which it had the most, by position and name."""
    slowest: tuple[SlowCell, ...]
    """The slowest cells, the slowest first."""
    machine: str
    """The machine and the versions of Python and the libraries."""


@dataclass(frozen=True)
class CheckCost:
    """What `course check` takes on the notebook with solutions. Its reference is always the storyteller."""

    seconds: float
    """Processor time of the command and its kernel, in one thread."""
    megabytes: int
    """The largest resident memory of one of its processes, in 10^6 bytes."""
    machine: str


@dataclass(frozen=True)
class Measured:
    """The measurements of one week; None for what has not been measured."""

    storyteller: Cost | None = None
    gpt2: Cost | None = None
    check: CheckCost | None = None


def read_measured(path: Path = RUN_TIMES) -> dict[str, Measured]:
    """Returns the measurements by folder; empty if there is no file."""
    if not path.is_file():
        return {}
    content = json.loads(path.read_text("utf-8"))
    return {folder: _measured(each) for folder, each in content.items()}


def _measured(content: dict[str, Any]) -> Measured:
    check = content.get("check")
    return Measured(
        storyteller=_cost(content.get("storyteller")),
        gpt2=_cost(content.get("gpt2")),
        check=CheckCost(**check) if check else None,
    )


def _cost(content: dict[str, Any] | None) -> Cost | None:
    if content is None:
        return None
    slowest = tuple(SlowCell(**each) for each in content["slowest"])
    return Cost(**{**content, "slowest": slowest})


def keep_measured(folder: str, part: str, found: Cost | CheckCost, path: Path = RUN_TIMES) -> None:
    """Writes one measurement to the file; `part` is `storyteller`, `gpt2` or `check`."""
    with FileLock(Path(tempfile.gettempdir()) / "course-measured.lock"):
        content = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        content.setdefault(folder, {})[part] = asdict(found)
        text = json.dumps(dict(sorted(content.items())), indent=1, ensure_ascii=False)
        path.write_text(text + "\n", "utf-8")


def machine() -> str:
    """Returns this machine and the versions, in a line."""
    versions = ", ".join(f"{name} {version(name).partition('+')[0]}" for name in LIBRARIES)
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {versions}"
