"""A shop on each kind of database. Its company is built once for each kind; every test gets a copy."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from checklists import service as checklists
from core.clock import ShiftedClock
from core.db import Database, make_engine
from core.parts import Parts
from storepatrol.stack import postgres
from tests.builders import Company, build_company
from tests.integration.databases import NOW
from tests.integration.servers import _ours as our_url
from tests.integration.workflows.world import LIBRARY, Shop


def furnish(url: str) -> Company:
    database = Database(make_engine(url))
    company = build_company(database, ShiftedClock(NOW))
    with database.transaction(company.system()) as session:
        checklists.install_built_in(session, NOW, LIBRARY)
    if url.startswith("sqlite"):
        with database.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    database.close()
    return company


@pytest.fixture(scope="session")
def furnished_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Company]:
    file = tmp_path_factory.mktemp("furnished") / "furnished.sqlite3"
    shutil.copy(sqlite_template, file)
    return file, furnish(f"sqlite:///{file}")


def copy_of(admin: "psycopg.Connection[tuple[object, ...]]", template: str, name: str) -> None:
    words = {
        "name": sql.Identifier(name),
        "template": sql.Identifier(template),
        "owner": sql.Identifier(postgres.NAME),
    }
    # Made of files, not of log records: the test databases are not durable anyway, and it is quicker.
    text = "create database {name} template {template} owner {owner} strategy file_copy"
    admin.execute(sql.SQL(text).format(**words))


@pytest.fixture(scope="session")
def furnished_postgres(postgres_admin_url: str, postgres_template: str) -> tuple[str, Company]:
    name = "template_furnished"
    with psycopg.connect(postgres_admin_url, autocommit=True) as admin:
        copy_of(admin, postgres_template, name)
    return name, furnish(our_url(postgres_admin_url, name))


@pytest.fixture
def sqlite_database_url(furnished_sqlite: tuple[Path, Company], tmp_path: Path) -> str:
    file = tmp_path / "storepatrol.sqlite3"
    shutil.copy(furnished_sqlite[0], file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_database_url(postgres_admin_url: str, furnished_postgres: tuple[str, Company]) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_admin_url, autocommit=True) as admin:
        copy_of(admin, furnished_postgres[0], name)
        yield our_url(postgres_admin_url, name)
        admin.execute(sql.SQL("drop database {name} with (force)").format(name=sql.Identifier(name)))


@pytest.fixture
def company(request: pytest.FixtureRequest, database_url: str) -> Company:
    kind = "sqlite" if database_url.startswith("sqlite") else "postgres"
    furnished: tuple[object, Company] = request.getfixturevalue(f"furnished_{kind}")
    return furnished[1]


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)
