"""Keeps worker processes alive, and frees the job of one that died.

A worker decodes files from outside in C code: it may crash, hang or grow. So it is a process of its own that may die at
any line; its lease is ended as soon as its death is seen, and a fresh one takes over.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

import sqlalchemy as sa

from core import jobs
from core.caller import installation
from core.errors import Unavailable
from core.log import get_logger
from core.parts import Parts

log = get_logger(__name__)

FIRST_REST_S = 0.5
LONGEST_REST_S = 30.0
HEALTHY_AFTER_S = 60.0
LOOK_EVERY_S = 0.2
FAREWELL_S = 10.0
CHILD_NAME = "STOREPATROL_WORKER_NAME"


class WorkerProcess:
    """One worker process and its successors."""

    def __init__(self, parts: Parts, queues: tuple[str, ...], settings_file: Path | None = None) -> None:
        self._parts, self._queues, self._settings_file = parts, queues, settings_file
        self._process: subprocess.Popen[bytes] | None = None
        self._born = 0

    def run(self, stop: threading.Event) -> None:
        """Start the worker, and start another whenever it has died, until told to stop."""
        rest = FIRST_REST_S
        while not stop.is_set():
            began = self._parts.clock.now()
            name = self._start()
            code = self._watch(stop)
            if stop.is_set():
                break
            lived = (self._parts.clock.now() - began).total_seconds()
            rest = FIRST_REST_S if lived > HEALTHY_AFTER_S else min(rest * 2, LONGEST_REST_S)
            log.error("worker died, starting another", worker=name, exit_code=code, rest_s=rest)
            self._release(name)
            stop.wait(rest)
        self._end()

    def _start(self) -> str:
        self._born += 1
        name = f"{os.uname().nodename[:24]}-{os.getpid()}-{'+'.join(self._queues)}-{self._born}"[:64]
        command = [sys.executable, "-m", "storepatrol", "worker", "--child", "--queues", ",".join(self._queues)]
        if self._settings_file is not None:
            command += ["--settings", str(self._settings_file)]
        # The child reads its standard input: end of file there tells it that this process is gone.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | {CHILD_NAME: name})
        return name

    def _watch(self, stop: threading.Event) -> int | None:
        assert self._process is not None  # noqa: S101 - set by _start, told to the type checker
        while not stop.is_set() and self._process.poll() is None:
            stop.wait(LOOK_EVERY_S)
        return self._process.poll()

    def _release(self, name: str) -> None:
        try:
            with self._parts.database.transaction(installation()) as session:
                freed = jobs.release(session, self._parts.clock.now(), name)
        except (Unavailable, sa.exc.OperationalError) as error:
            log.warning("lease of the dead worker runs out by itself", worker=name, error=str(error))
        else:
            if freed:
                log.warning("job of the dead worker is free again", worker=name)

    def _end(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(FAREWELL_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
