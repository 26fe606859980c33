"""The database's own code says what is the matter: its words may be in any language."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from grader.gradebook.errors import Locked, NotWritten, database_error_message

STATES = {
    "55P03": ("Sperre nicht verfügbar", "is locked by another program"),
    "40P01": ("Verklemmung entdeckt", "is locked by another program"),
    "57014": ("annulation de la requête", "is locked by another program"),
    "53100": ("не удалось расширить файл", "disk is full"),
    "25006": ("トランザクションは読み取り専用です", "may not be written"),
    "42501": ("permiso denegado", "may not be written"),
    "42703": ("Spalte existiert nicht", "run `nbgrader db upgrade`"),
    "42P01": ("la relation n'existe pas", "run `nbgrader db upgrade`"),
    "53300": ("zu viele Clients", "cannot be reached"),
    "57P01": ("Verbindung wird abgebrochen", "cannot be reached"),
    "08006": ("Verbindungsfehler", "cannot be reached"),
    "28P01": ("Passwort-Authentifizierung fehlgeschlagen", "cannot be reached"),
    "3D000": ("Datenbank existiert nicht", "cannot be reached"),
    "23505": ("doppelter Schlüsselwert", "the gradebook refused it (doppelter Schlüsselwert)"),
}


def from_driver(error: psycopg.Error) -> DBAPIError:
    """The error as SQLAlchemy hands it on."""
    return DBAPIError.instance(
        "SELECT 1", {}, error, psycopg.Error, dialect=create_engine("postgresql+psycopg://").dialect
    )


@pytest.mark.parametrize("state", STATES)
def test_a_servers_code_decides_in_any_language(state):
    said, sentence = STATES[state]
    assert sentence in str(database_error_message(from_driver(errors.lookup(state)(said))))


@pytest.mark.parametrize("said", ["database is locked", "disk full", "readonly", "no such column", "connect"])
def test_words_decide_nothing(said):
    """A student's name may be among them: `duplicate key … (Full, Connect)`."""
    error_message = database_error_message(from_driver(errors.UniqueViolation(said)))
    assert str(error_message) == f"the gradebook refused it ({said})."
    assert type(error_message) is NotWritten


def test_only_what_another_program_holds_is_tried_again():
    assert isinstance(database_error_message(from_driver(errors.LockNotAvailable("gesperrt"))), Locked)
    assert not isinstance(database_error_message(from_driver(errors.DiskFull("voll"))), Locked)


def test_no_server_has_no_code():
    engine = create_engine("postgresql+psycopg://grader@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(SQLAlchemyError) as problem:
        engine.connect()
    assert "cannot be reached" in str(database_error_message(problem.value))


def refused(place, statement: str, prepare=lambda connection: None) -> str:
    """What is said when SQLite refuses the statement."""
    engine = create_engine(f"sqlite:///{place}", connect_args={"timeout": 0})
    event.listen(engine, "connect", lambda connection, _: prepare(connection))
    with pytest.raises(SQLAlchemyError) as problem, engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    return str(database_error_message(problem.value))


@pytest.fixture
def place(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("CREATE TABLE a (b)")
        database.commit()
    return tmp_path / "a.db"


def test_sqlite_locked(place):
    with closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "is locked by another program" in refused(place, "INSERT INTO a VALUES (1)")


def test_sqlite_full(place):
    said = refused(
        place,
        "INSERT INTO a VALUES (zeroblob(100000))",
        lambda each: each.execute("PRAGMA max_page_count = 2"),
    )
    assert "disk is full" in said


def test_sqlite_read_only(place):
    said = refused(place, "INSERT INTO a VALUES (1)", lambda each: each.execute("PRAGMA query_only = 1"))
    assert "may not be written" in said


@pytest.mark.parametrize("statement", ["SELECT c FROM a", "SELECT * FROM d", "INSERT INTO a (c) VALUES (1)"])
def test_sqlite_of_an_older_schema(place, statement):
    assert "run `nbgrader db upgrade`" in refused(place, statement)


def test_sqlite_that_is_none(tmp_path):
    (tmp_path / "b.db").write_text("no database " * 100)
    assert "is damaged" in refused(tmp_path / "b.db", "SELECT 1 FROM a")
    assert "cannot be reached" in refused(tmp_path / "no folder" / "b.db", "SELECT 1")


@pytest.mark.parametrize("said", ["the table is full", "locked", "read-only", "connect"])
def test_sqlites_words_decide_nothing(place, said):
    assert refused(place, f'SELECT "{said}" FROM a WHERE').startswith("the gradebook refused it (")


def test_what_no_database_said():
    assert str(database_error_message(ArgumentError("cannot connect: full"))).startswith(
        "the gradebook refused it ("
    )
