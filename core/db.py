"""Engine, transactions and column types, the same on SQLite and PostgreSQL.

Writes run in `Database.transaction()`, reads in `Database.snapshot()`. Both ask for a `Caller`, because every query
is limited to the caller's company and part of the tree (see `core.scope`).
"""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from core.caller import Caller
from core.errors import Unavailable
from core.scope import ScopedSession
from core.text import Text

BUSY_TIMEOUT_MS = 15_000
DATABASE_AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
"""What a statement raises when the database is locked, restarting or gone: the same statement may work later."""
AWAY = (Unavailable, *DATABASE_AWAY)
"""What is raised when any part we stand on is away."""
T = TypeVar("T")


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC time; a naive one is refused instead of being guessed at."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Turn an aware time into UTC for the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return what was stored as an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Json(TypeDecorator[T], Generic[T]):
    """A value msgspec can convert, in a JSON column: `mapped_column(Json(tuple[Gap, ...]))`."""

    impl = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    cache_ok = True

    def __init__(self, type_: Any) -> None:
        super().__init__()
        self.type_ = type_

    def process_bind_param(self, value: T | None, dialect: sa.Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn a struct into plain JSON values."""
        return None if value is None else msgspec.to_builtins(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> T | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Build the struct again."""
        return None if value is None else cast("T", msgspec.convert(value, self.type_))


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Tell whether this SQLite is free of the WAL-reset race (3.7.0 to 3.51.2; fixed in 3.51.3, 3.50.7 and 3.44.6)."""
    if version >= (3, 51, 3):
        return True
    return (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def make_engine(url: str, *, pool_size: int = 10) -> sa.Engine:
    """Return an engine for a `sqlite:///…` or `postgresql+psycopg://…` address, with transactions under our control."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, pool_timeout=10)
    from pysqlite3 import dbapi2

    if not wal_is_safe(dbapi2.sqlite_version_info):
        raise Unavailable(
            "database.sqlite_unsafe",
            Text(
                f"SQLite {dbapi2.sqlite_version} 的 WAL 存在可丢失提交的缺陷, 请安装 pysqlite3 >= 0.6.1",
                f"SQLite {dbapi2.sqlite_version} can lose a commit in WAL mode; install pysqlite3 >= 0.6.1",
            ),
        )
    engine = sa.create_engine(
        url,
        module=dbapi2,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not open transactions behind our back
    cursor = connection.cursor()
    _write_ahead(cursor)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Bring a new file to WAL. While another connection does it SQLite refuses at once, whatever the busy timeout."""
    from pysqlite3 import dbapi2

    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except dbapi2.OperationalError:
            if time.monotonic() > deadline:  # locked all that time, or refused for another reason
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    # A read transaction that turns into a write fails at once, whatever the busy timeout: take the lock first.
    read_only = connection.get_execution_options().get("storepatrol_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def lock_content(session: ScopedSession, sha256: str) -> None:
    """Let nobody else add or drop a row that needs this content before the transaction ends.

    Who deletes the last row's content and who adds a row for the same content must not miss each other. On SQLite
    there is one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(int(sha256[:15], 16))))


class Database:
    """Opens sessions; the only holder of the engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._readers = engine.execution_options(storepatrol_read_only=True, postgresql_readonly=True)

    @contextmanager
    def transaction(self, caller: Caller) -> Iterator[ScopedSession]:
        """Yield a session that commits at the end of the block, and rolls back when the block raises."""
        with ScopedSession(self.engine, caller) as session, session.begin():
            yield session

    @contextmanager
    def snapshot(self, caller: Caller) -> Iterator[ScopedSession]:
        """Yield a session for reading."""
        with ScopedSession(self._readers, caller) as session:
            yield session

    def check(self) -> None:
        """Raise `Unavailable` when the database does not answer."""
        try:
            with self._readers.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.DBAPIError as error:
            raise Unavailable(
                "database.unavailable", Text("数据库暂时不可用", "The database does not answer")
            ) from error

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
