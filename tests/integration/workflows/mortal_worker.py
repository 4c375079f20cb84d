"""A nursery of workers that are killed at a given line: `mortal_worker.py DATA_DIR DATABASE_URL`.

Reads orders from standard input, one JSON object a line: {"now": time, "name": worker, "dies_at": N}. For each it forks
a worker that does every due job until it reaches the N-th line of the product's own code, where SIGKILL meets it; what
became of it goes to standard output: {"killed": true, "lines": 0, "commits": 0}. {"commit": N, "after": false} kills it
right before or after its N-th commit. Without either the worker lives and its lines and commits are counted.
"""

import datetime as dt
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa

from core import log, settings
from core.clock import ShiftedClock
from core.db import Database, make_engine
from core.parts import Parts
from core.queues import QUEUES
from core.storage import FolderStore
from tests.integration.workflows.world import FakeComparer, FakeReader, make_tools
from workflows.worker import Worker

ROOT = Path(__file__).parents[3]
OURS = tuple(
    str(ROOT / part)
    for part in ("workflows", "core/jobs.py", "core/events.py", "core/db.py", "core/scope.py", "core/storage")
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Fate:
    """Counts the lines and commits that the product runs, and ends the process at one of them."""

    def __init__(self, dies_at: int | None, commit: int | None, *, after: bool) -> None:
        self.lines = self.commits = 0
        self._dies_at, self._commit, self._after = dies_at, commit, after

    def before_commit(self, _connection: object) -> None:
        self.commits += 1
        if self.commits == self._commit:
            if not self._after:
                die()
            self._dies_at = self.lines + 1  # the first line after it

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            self.lines += 1
            if self.lines == self._dies_at:
                die()
        return self


def live(data_dir: Path, url: str, order: dict[str, Any]) -> Fate:
    """Do every due job."""
    chosen = settings.load({"STOREPATROL_DATA_DIR": str(data_dir), "STOREPATROL_DATABASE_URL": url})
    clock = ShiftedClock(dt.datetime.fromisoformat(order["now"]))
    database = Database(make_engine(url))
    parts = Parts(settings=chosen, clock=clock, database=database, blobs=FolderStore(data_dir / "blobs"))
    worker = Worker(make_tools(parts, FakeReader(), FakeComparer()), QUEUES, order["name"], owns_process=True)
    fate = Fate(order.get("dies_at"), order.get("commit"), after=order.get("after", False))
    sa.event.listen(database.engine, "commit", fate.before_commit)
    sys.settrace(fate)
    while worker.run_one():
        pass
    sys.settrace(None)
    database.close()
    return fate


def main() -> None:
    data_dir, url = Path(sys.argv[1]), sys.argv[2]
    log.configure("json")  # to standard error: standard output is for the test
    for line in sys.stdin:
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            fate = live(data_dir, url, json.loads(line))
            os.write(write_end, json.dumps({"lines": fate.lines, "commits": fate.commits}).encode())
            os._exit(0)
        os.close(write_end)
        _, status = os.waitpid(child, 0)
        counts = json.loads(os.read(read_end, 100) or b"{}")
        os.close(read_end)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not killed and status != 0:
            raise SystemExit(f"the worker failed by itself: {status}")
        print(json.dumps({"killed": killed, **counts}), flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main()
