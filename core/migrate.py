"""Brings a database to today's schema.

The scripts stand alone: they import no model, so an old one means the same for ever. Two processes that migrate at
once are safe: the second waits for the first's transaction, then finds nothing to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import alembic.command
import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.migration import MigrationContext as RunningContext
from alembic.script import ScriptDirectory

from core.db import Json, UtcDateTime

SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x5709_E9A7  # any number that is only ours


def upgrade(engine: sa.Engine) -> None:
    """Run every migration the database has not seen, all in one transaction."""
    with _alone(engine) as connection:
        alembic.command.upgrade(_config(connection), "head")


def is_current(engine: sa.Engine) -> bool:
    """Tell whether the database has today's schema."""
    with engine.execution_options(storepatrol_read_only=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head()


def head() -> str | None:
    """Return the revision that today's scripts lead to."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head()


def draft(engine: sa.Engine, metadata: sa.MetaData, message: str) -> None:
    """Write a new migration script that leads from the database's schema to `metadata` (for developers)."""
    number = len(list(ScriptDirectory(str(SCRIPTS)).walk_revisions())) + 1
    with _alone(engine) as connection:
        config = _config(connection, metadata)
        alembic.command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


def _config(connection: sa.Connection, metadata: sa.MetaData | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection in a transaction that no other migration runs beside."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            yield from _alone_on_sqlite(connection)
            return
        with connection.begin():
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            yield connection


def _alone_on_sqlite(connection: sa.Connection) -> Iterator[sa.Connection]:
    """Switch foreign keys off meanwhile (a batch change rebuilds tables), and check them at the end."""
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():  # BEGIN IMMEDIATE, see core.db
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise sa.exc.IntegrityError("foreign_key_check", None, ValueError(str(broken[:5])))
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def render_plain_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types into a script as SQLAlchemy's, so that the script does not depend on ours."""
    if kind != "type":
        return False
    match item:
        case UtcDateTime():
            return "sa.DateTime(timezone=True)"
        case Json():
            return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
        case sa.Enum():
            return f"sa.String(length={item.length})"
        case _:
            return False


def same_type(
    _context: RunningContext,
    _in_database: sa.Column[Any],
    _in_model: sa.Column[Any],
    database_type: sa.types.TypeEngine[Any],
    model_type: sa.types.TypeEngine[Any],
) -> bool | None:
    """Tell Alembic that a type differs (True), or let it judge by itself (None)."""
    if isinstance(model_type, sa.Enum) and isinstance(database_type, sa.String):
        return database_type.length != model_type.length
    return None
