"""Times, values and versions at the edge of the database."""

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.caller import installation
from core.db import Database, Json, UtcDateTime, make_engine, wal_is_safe
from core.errors import Unavailable
from core.text import Text


class Apart(DeclarativeBase):
    """Tables of these tests, apart from those of the product."""


class Note(Apart):
    __tablename__ = "note"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    text: Mapped[Text | None] = mapped_column(Json(Text))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(make_engine(f"sqlite:///{tmp_path / 'notes.sqlite3'}"))
    Apart.metadata.create_all(database.engine)
    yield database
    database.close()


def test_a_time_comes_back_in_utc_whatever_zone_it_went_in_with(database: Database) -> None:
    shanghai = dt.timezone(dt.timedelta(hours=8))
    with database.transaction(installation()) as session:
        session.add(Note(id=uuid.UUID(int=1), at=dt.datetime(2026, 11, 2, 9, 30, tzinfo=shanghai), text=None))
    with database.snapshot(installation()) as session:
        note = session.get_one(Note, uuid.UUID(int=1))
    assert note.at == dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
    assert note.at.utcoffset() == dt.timedelta(0)


def test_a_time_without_zone_is_refused(database: Database) -> None:
    naive = dt.datetime(2026, 11, 2, 9, 30)  # noqa: DTZ001 - what is refused
    with pytest.raises(sa.exc.StatementError, match="naive"), database.transaction(installation()) as session:
        session.add(Note(id=uuid.UUID(int=1), at=naive, text=None))


def test_a_struct_comes_back_as_it_went_in(database: Database) -> None:
    now, text = dt.datetime.now(dt.UTC), Text("缺货", "out of stock")
    with database.transaction(installation()) as session:
        session.add_all([Note(id=uuid.UUID(int=1), at=now, text=text), Note(id=uuid.UUID(int=2), at=now, text=None)])
    with database.snapshot(installation()) as session:
        assert [note.text for note in session.scalars(sa.select(Note).order_by(Note.id))] == [text, None]


def add_and_fail(database: Database) -> None:
    with database.transaction(installation()) as session:
        session.add(Note(id=uuid.UUID(int=1), at=dt.datetime.now(dt.UTC), text=None))
        session.flush()
        raise ZeroDivisionError


def test_what_raises_in_a_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        add_and_fail(database)
    with database.snapshot(installation()) as session:
        assert session.scalars(sa.select(Note)).all() == []


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
    ],
)
def test_a_sqlite_that_can_lose_a_commit_is_known(version: tuple[int, ...], safe: bool) -> None:
    assert wal_is_safe(version) is safe


def test_the_sqlite_in_use_is_a_safe_one_in_wal_mode(database: Database) -> None:
    with database.engine.connect() as connection:
        assert wal_is_safe(connection.dialect.server_version_info or ())
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_database_that_is_away_says_so(tmp_path: Path) -> None:
    database = Database(make_engine(f"sqlite:///{tmp_path / 'no such folder' / 'x.sqlite3'}"))
    with pytest.raises(Unavailable, match=r"database\.unavailable"):
        database.check()
