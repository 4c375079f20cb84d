"""The migrations: from nothing to today's schema, on both databases, alone or two at once."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core import migrate
from core.db import Database, make_engine
from core.events import record, trail_of
from core.ids import new_id
from core.text import Text
from storepatrol.tables import metadata
from tests.builders import Company
from tests.integration.databases import NOW

PROCESSES = 4


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.stack)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": migrate.same_type})
        return [change for change in compare_metadata(context, metadata) if "alembic_version" not in str(change)]


def migrate_in_a_process(url: str, barrier: "multiprocessing.synchronize.Barrier") -> None:
    engine = make_engine(url)
    barrier.wait()
    migrate.upgrade(engine)
    engine.dispose()


def test_the_migrated_schema_is_the_one_of_the_models(database: Database) -> None:
    assert differences(database) == []


def test_a_difference_would_be_noticed(database: Database) -> None:
    before = differences(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_event_subject")
        connection.exec_driver_sql("ALTER TABLE company ADD COLUMN surplus VARCHAR(10)")
    assert len(differences(database)) == len(before) + 2


def test_a_database_without_migrations_is_not_current(empty_url: str) -> None:
    engine = make_engine(empty_url)
    assert not migrate.is_current(engine)
    migrate.upgrade(engine)
    assert migrate.is_current(engine)
    migrate.upgrade(engine)
    assert migrate.is_current(engine)
    engine.dispose()


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(PROCESSES)
    processes = [spawn.Process(target=migrate_in_a_process, args=(empty_url, barrier)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    engine = make_engine(empty_url)
    assert migrate.is_current(engine)
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    for file in ("env.py", "script.py.mako"):
        (scripts / file).write_bytes((migrate.SCRIPTS / file).read_bytes())
    (scripts / "versions" / "0001_half.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.create_table('half', sa.Column('id', sa.Integer()))\n"
        "    raise RuntimeError('power cut')\n"
    )
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    engine = make_engine(empty_url)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate.upgrade(engine)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("statement", ["UPDATE event SET kind = 'Better'", "DELETE FROM event"])
def test_the_trail_cannot_be_changed_even_by_sql(database: Database, company: Company, statement: str) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="only ever added to"), database.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_the_trail_can_be_added_to(database: Database, company: Company) -> None:
    subject = ("org_node", new_id())
    with database.transaction(company.system()) as session:
        record(session, NOW, "NodeAdded", subject, change=(None, "there"), why=Text("因为", "because"))
    with database.snapshot(company.system()) as session:
        assert [(event.kind, event.state_to) for event in trail_of(session, subject)] == [("NodeAdded", "there")]
