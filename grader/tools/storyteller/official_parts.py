"""Makes the course's own parts of weeks 1 to 11 into a module, in memory, from the sources."""

import linecache
from pathlib import Path
from types import ModuleType

from grader.build.parts import write_parts
from grader.build.source import read_source, weeks_with_source
from utils.weeks import Week, find_week

LAST_WEEK = 11
"""The week whose parts train a model."""

_NAME = "official_parts_of_the_course"
_AFTER_TRAINING = Week(LAST_WEEK + 1, "storyteller_training", "Train the storyteller")
"""A stand-in for the week that these parts would be written for."""


def official_parts(root: Path) -> ModuleType:
    """Returns one module with the parts of weeks 1 to 11: Trainer, train_storyteller, GPT2 and the rest.

    Raises:
        CourseError: a source is missing or cannot be read, as in a clone without solutions/.
    """
    weeks = [week for week in weeks_with_source(root) if week.number < LAST_WEEK]
    sources = [read_source(root, week) for week in (*weeks, find_week(LAST_WEEK))]
    text = write_parts(_AFTER_TRAINING, sources) or ""
    module = ModuleType(_NAME, "The official parts of weeks 1 to 11.")
    filename = f"<{_NAME}>"
    # linecache lets tracebacks show lines of the text.
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec"), module.__dict__)
    return module
