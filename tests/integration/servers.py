"""Fixtures: real servers, started once for the whole test run and only when a test asks for them.

`postgres_url`, `redis_url` and `s3_settings` are shared by every test of the run: make a database, a key prefix or a
bucket of your own where that matters (`empty_postgres`, `s3_bucket`).
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg import sql

from storepatrol.stack import free_ports, postgres, redis_server, seaweed


class S3Settings(msgspec.Struct, frozen=True):
    endpoint: str
    access_key: str
    secret_key: str
    bucket: str
    secure: bool = False


@pytest.fixture(scope="session")
def servers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def postgres_admin_url(servers_folder: Path) -> Iterator[str]:
    (port,), password = free_ports([None]), secrets.token_hex(8)
    server = postgres.spawn(servers_folder, port, password, durable=False)
    try:
        server.wait_ready(lambda: postgres.ready(port, password))
        yield postgres.url(port, password, postgres.ADMIN, postgres.ADMIN)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_admin_url: str) -> str:
    """A SQLAlchemy address of a database that belongs to the role `storepatrol`, which is no superuser."""
    return _ours(postgres_admin_url, postgres.NAME)


@pytest.fixture
def empty_postgres(postgres_admin_url: str) -> Iterator[str]:
    """A SQLAlchemy address of a database of this test alone."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_admin_url, autocommit=True) as admin:
        words = {"name": sql.Identifier(name), "owner": sql.Identifier(postgres.NAME)}
        admin.execute(sql.SQL("create database {name} owner {owner}").format(**words))
        yield _ours(postgres_admin_url, name)
        admin.execute(sql.SQL("drop database {name} with (force)").format(**words))


@pytest.fixture(scope="session")
def redis_url(servers_folder: Path) -> Iterator[str]:
    (port,), password = free_ports([None]), secrets.token_hex(8)
    server = redis_server.spawn(servers_folder, port, password, durable=False)
    try:
        server.wait_ready(lambda: redis_server.ready(port, password))
        yield redis_server.url(port, password)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3_settings(servers_folder: Path) -> Iterator[S3Settings]:
    ports = dict(zip(seaweed.PORTS, free_ports([None] * len(seaweed.PORTS)), strict=True))
    settings = S3Settings(f"127.0.0.1:{ports['s3']}", secrets.token_hex(8), secrets.token_hex(16), bucket="storepatrol")
    server = seaweed.spawn(servers_folder, ports, settings.access_key, settings.secret_key)
    try:
        server.wait_ready(lambda: seaweed.ready(ports))
        yield settings
    finally:
        server.stop()
        seaweed.remove_sockets(ports)


@pytest.fixture
def s3_bucket(s3_settings: S3Settings) -> S3Settings:
    """The same server, with the name of a bucket that does not exist yet."""
    return msgspec.structs.replace(s3_settings, bucket=f"test-{secrets.token_hex(6)}")


@pytest.fixture(scope="session")
def stack_environment(postgres_url: str, redis_url: str, s3_settings: S3Settings) -> dict[str, str]:
    """The `STOREPATROL_*` variables of the shared servers, as a process of the stack would get them."""
    return {
        "STOREPATROL_MODE": "stack",
        "STOREPATROL_SECRET_KEY": secrets.token_hex(24),
        "STOREPATROL_DATABASE_URL": postgres_url,
        "STOREPATROL_REDIS_URL": redis_url,
        "STOREPATROL_S3_ENDPOINT": s3_settings.endpoint,
        "STOREPATROL_S3_ACCESS_KEY": s3_settings.access_key,
        "STOREPATROL_S3_SECRET_KEY": s3_settings.secret_key,
        "STOREPATROL_S3_BUCKET": s3_settings.bucket,
        "STOREPATROL_S3_SECURE": "false",
    }


def _ours(admin_url: str, database: str) -> str:
    """Turn the administrator's address into that of our own role, as SQLAlchemy spells it."""
    where = admin_url.split("@")[1].split("/")[0]
    password = admin_url.split("//")[1].split("@")[0].split(":")[1]
    return f"postgresql+psycopg://{postgres.NAME}:{password}@{where}/{database}"
