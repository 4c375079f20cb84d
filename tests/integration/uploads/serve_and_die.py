"""A server that kills itself, as the power company would: `serve_and_die.py DATA_DIR DATABASE_URL WHEN`."""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn

from api.app import create_app
from core.parts import Parts
from core.storage import FolderStore
from tests.integration.uploads.world import make_parts


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyStore(FolderStore):
    def __init__(self, root: Path, dies: str) -> None:
        super().__init__(root)
        self.dies = dies
        self.has_put = False

    def put(self, path: Path, sha256: str, size: int, media_type: str) -> None:
        if self.dies == "before put":
            die()
        super().put(path, sha256, size, media_type)
        self.has_put = True
        if self.dies == "after put":
            die()


def arm(parts: Parts, store: DeadlyStore) -> None:
    """Die around the first commit after the file was stored."""

    def around_commit(connection: Any) -> None:
        if store.has_put and store.dies == "before commit":
            die()

    def die_at_part(path: Path, **options: Any) -> None:
        if store.has_put and path.suffix == ".part":
            die()
        unlink(path, **options)

    sa.event.listen(parts.database.engine, "commit", around_commit)
    unlink = Path.unlink
    if store.dies == "after commit":
        Path.unlink = die_at_part  # type: ignore[method-assign]  # the first thing done after the commit


def main() -> None:
    data_dir, url, dies = sys.argv[1:]
    store = DeadlyStore(Path(data_dir) / "blobs", dies)
    parts = make_parts(Path(data_dir), url, store)
    arm(parts, store)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - the test reads the port from here
    config = uvicorn.Config(create_app(parts), lifespan="off", ws="none", log_config=None)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
