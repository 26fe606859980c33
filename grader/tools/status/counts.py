"""Counts each week's exercises, points and tests, from the sources and the checks."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.build.source import read_source, source_path, weeks_with_source
from grader.notebook.exercises import Exercise, exercises_of
from grader.tools.mutation.results import Score, read_results, score_of
from grader.tools.status.measurements import read_measured
from utils.errors import CourseError
from utils.weeks import Week


@dataclass(frozen=True)
class Numbers:
    """The counts of one week."""

    week: Week
    core: int
    """Core exercises, which add up to 100 points."""
    stretch: int
    points: float
    """All points: core, stretch and manually graded answers."""
    mistakes: int
    """Wrong implementations that the checks know by name."""
    variants: int
    """Correct solutions in other styles, all of which must pass."""
    score: Score
    """Mutants of the solutions, and those that public cases kill: see `course mutate`."""
    seconds: float | None
    """The last measured run time of the notebook with solutions, without demonstrations, in seconds."""

    @property
    def exercises(self) -> int:
        """The number of core and stretch exercises."""
        return self.core + self.stretch


def count_weeks(root: Path) -> list[Numbers]:
    """Returns the counts of every week that has a notebook, in order.

    Raises:
        CourseError: a source cannot be read.
    """
    costs = {folder: each.storyteller for folder, each in read_measured().items()}
    seconds = {folder: cost.seconds for folder, cost in costs.items() if cost is not None}
    sources = [read_source(root, week) for week in weeks_with_source(root)]
    return [
        _numbers(root, each.week, exercises_of(each.notebook.cells), seconds.get(each.week.folder))
        for each in sources
        if not each.parts_only
    ]


def _numbers(root: Path, week: Week, exercises: list[Exercise], seconds: float | None) -> Numbers:
    from utils.answers.judge import answer_keys_of

    return Numbers(
        week=week,
        core=sum(each.kind == "core" for each in exercises),
        stretch=sum(each.kind == "stretch" for each in exercises),
        points=sum(each.out_of for each in exercises),
        mistakes=sum(len(answer_key.mistakes) for answer_key in answer_keys_of(week.folder).values()),
        variants=sum(map(len, _variants(root, week).values())),
        score=score_of(read_results(), week.folder),
        seconds=seconds,
    )


def _variants(root: Path, week: Week) -> dict[str, list[Any]]:
    """Returns the correct solutions in variants.py beside the source, by check."""
    path = source_path(root, week).with_name("variants.py")
    spec = importlib.util.spec_from_file_location(f"variants_of_{week.folder}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise CourseError(f"{path} is not there: a week's right solutions by others belong into it.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.VARIANTS
