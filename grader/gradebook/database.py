"""The gradebook, opened once for a run: one engine, one connection, one transaction at a time."""

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from nbgrader.api import Assignment, MissingEntry, Notebook
from sqlalchemy import Engine, create_engine, event, inspect, make_url, select
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from sqlalchemy.orm import Session

from grader.gradebook.errors import database_error_message
from grader.gradebook.tables import own
from utils.errors import CourseError


class OpenGradebook:
    """nbgrader's database, with the class run's own two tables beside nbgrader's.

    nbgrader's own Gradebook commits after every cell and makes an engine for every student; this one lets a
    whole submission be one transaction.
    """

    def __init__(self, url: str, wait: float):
        """Opens the gradebook at the database address `url`.

        Args:
            url: the database address.
            wait: seconds to wait for a gradebook that another program has locked.

        Raises:
            CourseError: there is no gradebook yet, or it cannot be opened.
        """
        _require_file(url)
        try:
            self._engine = _engine(url, wait)
            self._reader = self._engine.execution_options(**{_READING: True})
            if not inspect(self._engine).has_table(Assignment.__tablename__):
                raise CourseError(f"The gradebook {_shown(url)} is empty: {_GENERATE}")
            own.create_all(self._engine)
        except (SQLAlchemyError, ImportError) as error:
            raise CourseError(_cannot_open(url, error)) from None

    def __enter__(self) -> "OpenGradebook":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def transaction(self) -> AbstractContextManager[Session]:
        """Return a transaction, which is committed when the block ends and rolled back on an error.

        Raises:
            NotWritten: the database refused; the text gives the reason.
        """
        return self._session(self._engine)

    def reading(self) -> AbstractContextManager[Session]:
        """Return a transaction for reading, which need not wait for one that writes.

        Raises:
            NotWritten: the database refused; the text gives the reason.
        """
        return self._session(self._reader)

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        try:
            with warnings.catch_warnings():
                # nbgrader causes it by the order in which it adds objects
                warnings.simplefilter("ignore", SAWarning)
                with Session(engine) as session, session.begin():
                    yield session
        except SQLAlchemyError as error:
            raise database_error_message(error) from error


class NotebookFinder:
    """The part of nbgrader's Gradebook that the executor needs, in a transaction of ours."""

    def __init__(self, session: Session):
        self._session = session

    def find_notebook(self, name: str, assignment: str) -> Notebook:
        """Return a notebook, as nbgrader's `Gradebook.find_notebook` does.

        Raises:
            MissingEntry: the gradebook has no such notebook.
        """
        found = self._session.scalar(
            select(Notebook)
            .join(Assignment, Assignment.id == Notebook.assignment_id)
            .where(Notebook.name == name, Assignment.name == assignment)
        )
        if found is None:
            raise MissingEntry(f"No such notebook: {assignment}/{name}")
        return found


_READING = "course_reading"
_GENERATE = "run `nbgrader generate_assignment WEEK --force` first, which tells it the exercises."


def _require_file(url: str) -> None:
    # SQLite would create an empty database.
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise CourseError(f"There is no gradebook yet at {parsed.database}: {_GENERATE}")


def _engine(url: str, wait: float) -> Engine:
    # One connection, so that a whole run counts as one client of the database.
    options: dict[str, Any] = {"pool_size": 1, "max_overflow": 0, "pool_pre_ping": True}
    kind = make_url(url).get_backend_name()
    if kind == "postgresql":
        milliseconds = max(1, round(wait * 1000))  # 0 means no limit
        options["connect_args"] = {"options": f"-c lock_timeout={milliseconds}"}
    if kind != "sqlite":
        return create_engine(url, **options)
    engine = create_engine(url, connect_args={"timeout": wait}, **options)
    event.listen(engine, "connect", _disable_driver_transactions)
    event.listen(engine, "begin", _begin)
    return engine


def _disable_driver_transactions(connection: Any, _: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Any) -> None:
    # IMMEDIATE takes the write lock at once: formgrader must not write between our reading and writing.
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _cannot_open(url: str, error: Exception) -> str:
    if isinstance(error, SQLAlchemyError):
        return f"The gradebook {_shown(url)} cannot be opened: {database_error_message(error)}"
    return f"The gradebook {_shown(url)} cannot be opened: {error}."
