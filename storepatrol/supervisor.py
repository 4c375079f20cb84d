"""Keeps worker processes alive, and frees the job of one that died.

A worker decodes files from outside in C code: it may crash, hang or grow. So it is a process of its own that may die at
any line; its lease is ended as soon as its death is seen, and a fresh one takes over.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core import jobs
from core.caller import installation
from core.db import DATABASE_AWAY
from core.log import get_logger
from core.parts import Parts

log = get_logger(__name__)

FIRST_REST_S = 0.5
LONGEST_REST_S = 30.0
HEALTHY_AFTER_S = 60.0
LOOK_EVERY_S = 0.2
FAREWELL_S = 10.0
CHILD_NAME = "STOREPATROL_WORKER_NAME"

Member = Callable[[threading.Event], None]
"""Something that runs until the event is set."""


@contextmanager
def keep_running(members: Mapping[str, Member], stop: threading.Event) -> Iterator[None]:
    """Run each in a thread of its own, start it again should it fail, and at the end tell all to stop and wait."""
    threads = [
        threading.Thread(target=_keep_one_running, args=(name, run, stop), name=f"keeper of {name}")
        for name, run in members.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _keep_one_running(name: str, run: Member, stop: threading.Event) -> None:
    rest = FIRST_REST_S
    while not stop.is_set():
        began = time.monotonic()
        thread = threading.Thread(target=run, args=(stop,), name=name)
        thread.start()
        thread.join()
        if stop.is_set():
            return
        # What it raised was written by threading.excepthook.
        rest = FIRST_REST_S if time.monotonic() - began > HEALTHY_AFTER_S else min(rest * 2, LONGEST_REST_S)
        log.error("thread ended, starting it again", thread=name, rest_s=rest)
        stop.wait(rest)


def release_orphans(parts: Parts) -> None:
    """End the leases of workers of this host whose supervisor is gone: the whole installation was killed.

    For an embedded installation, where a host's process ids are its own.
    """
    with parts.database.snapshot(installation()) as session:
        names = jobs.lease_holders(session)
    host = os.uname().nodename[:24]
    for name in names:
        start, _, rest = name.rpartition(f"{host}-")
        pid = rest.split("-")[0] if start == "" else ""
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with parts.database.transaction(installation()) as session:
                freed = jobs.release(session, parts.clock.now(), name)
            log.warning("leases of a worker of an earlier run ended", worker=name, count=freed)


class WorkerProcess:
    """One worker process and its successors."""

    def __init__(self, parts: Parts, queues: tuple[str, ...], settings_file: Path | None = None) -> None:
        self._parts, self._queues, self._settings_file = parts, queues, settings_file
        self._born = 0

    def run(self, stop: threading.Event) -> None:
        """Start the worker, and start another whenever it has died, until told to stop."""
        rest = FIRST_REST_S
        while not stop.is_set():
            began = time.monotonic()
            name, process = self._start()
            try:
                code = self._watch(process, stop)
            finally:
                self._end(process)
                self._release(name)
            if stop.is_set():
                return
            if code == 0:
                log.info("worker made room for a successor", worker=name)  # another model was put to use
                stop.wait(FIRST_REST_S)
            else:
                rest = FIRST_REST_S if time.monotonic() - began > HEALTHY_AFTER_S else min(rest * 2, LONGEST_REST_S)
                log.error("worker died, starting another", worker=name, exit_code=code, rest_s=rest)
                stop.wait(rest)

    def _start(self) -> tuple[str, "subprocess.Popen[bytes]"]:
        self._born += 1
        name = f"{os.uname().nodename[:24]}-{os.getpid()}-{'+'.join(self._queues)}-{self._born}"[:64]
        command = [sys.executable, "-m", "storepatrol", "worker", "--child", "--queues", ",".join(self._queues)]
        if self._settings_file is not None:
            command += ["--settings", str(self._settings_file)]
        # The child reads its standard input: end of file there tells it that this process is gone.
        # In a session of its own: Ctrl+C in the terminal is for this process, which then ends the child in order.
        environ = os.environ | {CHILD_NAME: name}
        return name, subprocess.Popen(command, stdin=subprocess.PIPE, env=environ, start_new_session=True)

    @staticmethod
    def _watch(process: "subprocess.Popen[bytes]", stop: threading.Event) -> int | None:
        while not stop.is_set() and process.poll() is None:
            stop.wait(LOOK_EVERY_S)
        return process.poll()

    def _release(self, name: str) -> None:
        try:
            with self._parts.database.transaction(installation()) as session:
                freed = jobs.release(session, self._parts.clock.now(), name)
        except DATABASE_AWAY as error:
            log.warning("lease of the dead worker runs out by itself", worker=name, error=str(error))
        else:
            if freed:
                log.warning("job of the dead worker is free again", worker=name)

    @staticmethod
    def _end(process: "subprocess.Popen[bytes]") -> None:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(FAREWELL_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdin is not None:
            process.stdin.close()
