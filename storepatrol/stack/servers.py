"""All three servers together, in one folder, owned by one process."""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from storepatrol.stack import postgres, redis_server, seaweed
from storepatrol.stack.process import Child, ServerError, free_ports

BUCKET = "storepatrol"
PORT_NAMES = ("postgres", "redis", *seaweed.PORTS)


class StackBusy(ServerError):
    """Another process runs the servers of this folder."""


class Stack:
    """A context in which the servers run.

    `<folder>/stack.json` (mode 600) keeps ports and passwords over restarts, and tells other processes the environment
    to use; `<folder>/lock` is held as long as the servers run.

    Args:
        folder: where the servers keep their data; made if missing.
        data_dir: what `STOREPATROL_DATA_DIR` shall be.

    """

    def __init__(self, folder: Path, data_dir: Path) -> None:
        self.folder = folder.absolute()
        self.data_dir = data_dir.absolute()
        self.children: list[Child] = []
        self._ports: dict[str, int] = {}
        self._secrets: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.ExitStack() as undo:
            undo.callback(self._hold_lock().close)
            self._recall()
            undo.callback(self._stop)
            self._start()
            self._write(running=True)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(running=False)
        self._undo.close()

    @property
    def environment(self) -> dict[str, str]:
        """Return the `STOREPATROL_*` variables that make Storepatrol use these servers."""
        return {
            "STOREPATROL_MODE": "stack",
            "STOREPATROL_DATA_DIR": str(self.data_dir),
            "STOREPATROL_SECRET_KEY": self._secrets["secret_key"],
            "STOREPATROL_DATABASE_URL": postgres.url(
                self._ports["postgres"], self._secrets["postgres"], scheme="postgresql+psycopg"
            ),
            "STOREPATROL_REDIS_URL": redis_server.url(self._ports["redis"], self._secrets["redis"]),
            "STOREPATROL_S3_ENDPOINT": f"127.0.0.1:{self._ports['s3']}",
            "STOREPATROL_S3_ACCESS_KEY": self._secrets["s3_access_key"],
            "STOREPATROL_S3_SECRET_KEY": self._secrets["s3_secret_key"],
            "STOREPATROL_S3_BUCKET": BUCKET,
            "STOREPATROL_S3_SECURE": "false",
        }

    @property
    def dead(self) -> list[Child]:
        """Return the servers that ended although nobody asked them to."""
        return [child for child in self.children if not child.alive]

    def _start(self) -> None:
        """Start all, the slowest first, then wait for all: they come up side by side."""
        ports, secret = self._ports, self._secrets
        s3 = seaweed.spawn(self.folder, ports, secret["s3_access_key"], secret["s3_secret_key"])
        self.children.append(s3)
        queue = redis_server.spawn(self.folder, ports["redis"], secret["redis"])
        self.children.append(queue)
        database = postgres.spawn(self.folder, ports["postgres"], secret["postgres"])
        self.children.append(database)
        queue.wait_ready(lambda: redis_server.ready(ports["redis"], secret["redis"]))
        database.wait_ready(lambda: postgres.ready(ports["postgres"], secret["postgres"]))
        s3.wait_ready(lambda: seaweed.ready(ports))

    def _stop(self) -> None:
        for child in reversed(self.children):
            child.stop()
        self.children.clear()
        seaweed.remove_sockets(self._ports)

    def _hold_lock(self) -> Any:
        lock = (self.folder / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise StackBusy(f"the servers in {self.folder} are running already") from None
        return lock

    def _recall(self) -> None:
        """Take ports and passwords of last time, and make what is missing."""
        known = _read(self.folder)
        names = ("secret_key", "postgres", "redis", "s3_access_key", "s3_secret_key")
        self._secrets = {name: known.get("secrets", {}).get(name) or secrets.token_hex(24) for name in names}
        before = known.get("ports", {})
        self._ports = dict(zip(PORT_NAMES, free_ports([before.get(name) for name in PORT_NAMES]), strict=True))
        self._write(running=False)  # passwords are on the disk before a server is made with them

    def _write(self, *, running: bool) -> None:
        content = {
            "pid": os.getpid() if running else None,
            "ports": self._ports,
            "secrets": self._secrets,
            "environment": self.environment,
        }
        draft = self.folder / "stack.json.draft"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        draft.replace(self.folder / "stack.json")


def running_environment(folder: Path) -> dict[str, str] | None:
    """Return the environment of the servers that run in `folder`, or None if none do."""
    known = _read(folder)
    if not known.get("pid") or not _locked(folder):
        return None
    return dict(known["environment"])


def stop_running(folder: Path, timeout_s: float = 60.0) -> bool:
    """Ask the process that runs the servers of `folder` to end; return False if there is none.

    Raises:
        ServerError: it did not end in time.

    """
    known = _read(folder)
    if not known.get("pid") or not _locked(folder):
        return False
    os.kill(known["pid"], signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while _locked(folder):
        if time.monotonic() > deadline:
            raise ServerError(f"process {known['pid']} did not stop the servers in {folder}")
        time.sleep(0.1)
    return True


def _locked(folder: Path) -> bool:
    try:
        with (folder / "lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False


def _read(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "stack.json").read_text("utf-8")))
    except FileNotFoundError:
        return {}
