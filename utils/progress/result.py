"""The result of one self-check and the record of a week, with their conversion to and from JSON data."""

import math
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class WeekResult:
    """The result of one self-check of a week."""

    when: datetime
    """With a time zone."""
    core: float
    core_of: float
    stretch: float
    stretch_of: float
    exercises: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Points earned and maximum points, by exercise."""

    def to_plain(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        return {**asdict(self), "when": self.when.isoformat()}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> "WeekResult":
        """Return the result from `to_plain`'s data; other data raise ValueError, TypeError or KeyError."""
        return cls(
            when=_moment(data["when"]),
            core=_points(data["core"]),
            core_of=_points(data["core_of"]),
            stretch=_points(data["stretch"]),
            stretch_of=_points(data["stretch_of"]),
            exercises={name: _pair(pair) for name, pair in data["exercises"].items()},
        )


@dataclass(frozen=True)
class Record:
    """The best and the last result of a week."""

    best: WeekResult
    """The one with the most core points, then the most stretch points, then the earliest."""
    last: WeekResult

    @classmethod
    def after(cls, before: "Record | None", result: WeekResult) -> "Record":
        """Return the record `before`, updated with a new result."""
        if before is None or _rank(result) > _rank(before.best):
            return cls(best=result, last=result)
        return cls(best=before.best, last=result)

    def to_plain(self) -> dict[str, Any]:
        """Return the record as JSON data."""
        return {"best": self.best.to_plain(), "last": self.last.to_plain()}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> "Record":
        """Return the record from `to_plain`'s data; other data raise ValueError, TypeError or KeyError."""
        return cls(best=WeekResult.from_plain(data["best"]), last=WeekResult.from_plain(data["last"]))


def _rank(result: WeekResult) -> tuple[float, float]:
    return result.core, result.stretch


def _points(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"Points are numbers, not {value!r}.")
    points = float(value)
    if not math.isfinite(points) or points < 0:
        raise ValueError(f"{points} are no points.")
    return points


def _pair(value: Any) -> tuple[float, float]:
    got, out_of = value
    return _points(got), _points(out_of)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no time zone.")
    moment.astimezone()  # raises OverflowError or ValueError for dates that cannot be shown here
    return moment
