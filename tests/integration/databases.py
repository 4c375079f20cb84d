"""Fixtures: a fresh, migrated database for each test, on both kinds, and the parts and server on top of it.

Migrating takes longer than most tests, so it is done once per run and kind; a test gets a copy.
"""

import datetime as dt
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import uvicorn
from psycopg import sql

from core import migrate, settings
from core.access.tokens import AccessTokens
from core.clock import ShiftedClock
from core.db import Database, make_engine
from core.parts import Parts
from core.storage import FolderStore
from storepatrol.stack import postgres
from tests.builders import Company, build_company
from tests.integration.servers import _ours as our_url

NOW = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)  # a Monday, 9:30 in Shanghai
SECRET = "a secret for tests that is long enough to be one"

SignIn = Callable[[Company, str], httpx.Client]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    engine = make_engine(f"sqlite:///{file}")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_admin_url: str) -> str:
    name = "template_migrated"
    words = {"name": sql.Identifier(name), "owner": sql.Identifier(postgres.NAME)}
    with psycopg.connect(postgres_admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {name} owner {owner}").format(**words))
    engine = make_engine(our_url(postgres_admin_url, name))
    migrate.upgrade(engine)
    engine.dispose()
    return name


@pytest.fixture
def sqlite_database_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "storepatrol.sqlite3"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_database_url(postgres_admin_url: str, postgres_template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    words = {
        "name": sql.Identifier(name),
        "template": sql.Identifier(postgres_template),
        "owner": sql.Identifier(postgres.NAME),
    }
    with psycopg.connect(postgres_admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {name} template {template} owner {owner}").format(**words))
        yield our_url(postgres_admin_url, name)
        admin.execute(sql.SQL("drop database {name} with (force)").format(**words))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.stack)])
def database_url(request: pytest.FixtureRequest) -> str:
    kind = "sqlite" if request.param == "sqlite" else "postgres"
    url: str = request.getfixturevalue(f"{kind}_database_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with today's schema: the test runs once on SQLite and once on PostgreSQL."""
    database = Database(make_engine(database_url))
    yield database
    database.close()


@pytest.fixture
def clock() -> ShiftedClock:
    """Stands at `NOW` until the test moves it."""
    return ShiftedClock(NOW)


@pytest.fixture
def parts(database: Database, clock: ShiftedClock, tmp_path: Path) -> Parts:
    environ = {"STOREPATROL_DATA_DIR": str(tmp_path / "data"), "STOREPATROL_SECRET_KEY": SECRET}
    chosen = settings.load(environ)
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    return Parts(settings=chosen, clock=clock, database=database, blobs=FolderStore(tmp_path / "data" / "blobs"))


@pytest.fixture
def company(parts: Parts) -> Company:
    return build_company(parts.database, parts.clock, "huadong")


@pytest.fixture
def other_company(parts: Parts) -> Company:
    """A second chain in the same installation."""
    return build_company(parts.database, parts.clock, "huanan")


@pytest.fixture
def server_url(parts: Parts) -> Iterator[str]:
    """A real server on a free port."""
    from api.app import create_app  # here, so that tests of the database do not wait for the whole product to import

    config = uvicorn.Config(
        create_app(parts), host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=5, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=15)
    assert not thread.is_alive(), "the server did not stop"


@pytest.fixture
def client(server_url: str) -> Iterator[httpx.Client]:
    """A client nobody is signed in at. Paths are whole: `client.get("/api/v1/me")`."""
    with httpx.Client(base_url=server_url, timeout=30, headers={"Accept-Language": "en"}) as client:
        yield client


@pytest.fixture
def sign_in(server_url: str, parts: Parts) -> Iterator[SignIn]:
    """`sign_in(company, "hq")`: a client with that person's access token. The password is not asked: it takes long."""
    access = AccessTokens(parts.settings.secret_key, dt.timedelta(days=30))
    clients: list[httpx.Client] = []

    def as_person(company: Company, person: str) -> httpx.Client:
        token = access.issue(company.people[person], company.id, parts.clock.now())
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        clients.append(httpx.Client(base_url=server_url, timeout=30, headers=headers))
        return clients[-1]

    yield as_person
    for client in clients:
        client.close()
