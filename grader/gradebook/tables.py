"""The class run's tables. They are in nbgrader's database, so that one transaction covers both."""

from sqlalchemy import Column, MetaData, String, Table, Text

own = MetaData()

GRADED = Table(
    "course_graded",
    own,
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("file", String(64), nullable=False),
    Column("details", Text, nullable=False),
)
"""Graded submissions: the fingerprint of everything that the grade depends on, the graded notebook's SHA-256
digest, and `details.Details` as JSON."""

REFUSED = Table(
    "course_refused",
    own,
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("reason", Text, nullable=False),
)
"""Submissions that could not be graded in the last run, with the reason, and with a fingerprint if the same
submission would be refused again. The student's former grade stays in `GRADED`."""
