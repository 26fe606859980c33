"""The class run's small class, late."""

import datetime

import pytest
from class_run.conftest import in_process, released, small
from class_run.small_class import WEEK, SmallClass

from .gradebook import gradebook

__all__ = ["in_process", "late_class", "released", "small"]

DUE = datetime.datetime(2026, 3, 6, 18, 0)


@pytest.fixture
def late_class(small: SmallClass) -> SmallClass:
    """A class with a due date, 2026-03-06 18:00 UTC, and a tenth off for each day after it."""
    small.configure("c.LatePolicy.percent_per_day = 10")
    with gradebook(small) as book:
        book.find_assignment(WEEK.folder).duedate = DUE
        book.db.commit()
    return small
