"""What the class run keeps beside nbgrader's tables, in the same database and so in the same transaction."""

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
"""How each submission was graded: the fingerprint of all that its grade rests on, the SHA-256 of the graded
notebook, and `details.Details` as JSON."""

REFUSED = Table(
    "course_refused",
    own,
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("reason", Text, nullable=False),
)
"""Submissions that could not be graded the last time, and why; with a fingerprint where the same one would be
refused again. A grade from before stays beside it."""
