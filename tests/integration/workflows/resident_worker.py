"""A resident worker of the vision queue with a fake model: `resident_worker.py DATA_DIR DATABASE_URL REDIS_URL MOOD`.

Each of its models says in every reading which process it lives in. The mood makes it slow, stuck in C code, or broken.
"""

import hashlib
import os
import sys
import threading
import time
from pathlib import Path

from core import log, settings
from core.clock import SystemClock
from core.db import Database, make_engine
from core.parts import Parts
from core.storage import FolderStore
from tests.integration.workflows.world import FakeComparer, FakeReader, make_tools
from vision.photo import Photo
from vision.shelf import ShelfReading
from workflows.dispatch import connect, serve_queue
from workflows.worker import Worker


class MoodyReader(FakeReader):
    def __init__(self, mood: str) -> None:
        super().__init__()
        self.model, self._mood = f"model of process {os.getpid()}", mood

    def read(self, photo: Photo, min_score: float | None = None) -> ShelfReading:
        match self._mood:
            case "slow":
                print("reading", flush=True)  # noqa: T201 - the test reads it
                time.sleep(1)
            case "stuck":
                hashlib.pbkdf2_hmac("sha256", b"x", b"x", 1 << 30)  # minutes in C, deaf to Python's signal handlers
            case "broken":
                raise ZeroDivisionError("a mistake of ours")
        return super().read(photo)


def main() -> None:
    data_dir, url, redis_url, mood = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    log.configure("json")
    chosen = settings.load({"STOREPATROL_DATA_DIR": str(data_dir), "STOREPATROL_PHOTO_TIME_LIMIT": "PT1.5S"})
    database = Database(make_engine(url))
    parts = Parts(settings=chosen, clock=SystemClock(), database=database, blobs=FolderStore(data_dir / "blobs"))
    tools = make_tools(parts, MoodyReader(mood), FakeComparer())
    worker = Worker(tools, ("vision",), f"resident {os.getpid()}", owns_process=True)
    print("ready", flush=True)  # noqa: T201 - the test reads it
    serve_queue(worker, "vision", connect(redis_url), threading.Event())
    database.close()


if __name__ == "__main__":
    main()
