"""A resident worker: takes leased jobs one at a time, works, and commits effects and `done` together.

What is expected to fail (storage away, database busy) gives the job back for later. What is not expected is written
down and then ends the worker: its state can no longer be trusted, and a supervisor starts a fresh one.
"""

import datetime as dt
import os
import signal
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from core import jobs
from core.caller import installation, system
from core.db import AWAY
from core.errors import CutShort, StorepatrolError
from core.jobs import Ticket
from core.log import bound_contextvars, get_logger
from core.queues import SPEECH
from workflows.handlers import HANDLERS, give_up
from workflows.tools import Effects, Tools

log = get_logger(__name__)

IDLE_WAIT = 0.1
LEASE_MARGIN = dt.timedelta(seconds=15)
EXPECTED = (StorepatrolError, OSError, sa.exc.DBAPIError, sa.exc.TimeoutError)
NOT_THE_JOBS_FAULT = (OSError, sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)


def worker_name(queues: tuple[str, ...]) -> str:
    """Return a name that no other living worker has."""
    return f"{socket.gethostname()[:24]}-{os.getpid()}-{'+'.join(queues)}"[:64]


class Worker:
    """Does the jobs of some queues with the tools of its process."""

    def __init__(self, tools: Tools, queues: tuple[str, ...], name: str, *, owns_process: bool) -> None:
        self._tools = tools
        self._database, self._clock = tools.parts.database, tools.parts.clock
        self._queues, self.name = queues, name
        settings = tools.parts.settings
        self._most_attempts = settings.job_attempts
        longest = settings.note_time_limit if SPEECH in queues else settings.photo_time_limit
        self._limit_s = longest.total_seconds()
        self._lease = longest + LEASE_MARGIN
        self._owns_process = owns_process

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; the job in hand is finished first."""
        log.info("worker ready", worker=self.name, queues=self._queues)
        while not stop.is_set():
            try:
                worked = self.run_one()
            except AWAY as error:
                log.warning("a part is away, trying again", worker=self.name, error=str(error))
                worked = False
                stop.wait(1)
            if not worked:
                stop.wait(IDLE_WAIT)

    def run_one(self, only: uuid.UUID | None = None) -> bool:
        """Do one due job (or the job `only`, when it is due); False when there was none."""
        ticket = self._claim(only)
        if ticket is None:
            return False
        with bound_contextvars(trace_id=ticket.trace_id, job=str(ticket.id), kind=ticket.kind, attempt=ticket.attempt):
            self._attempt(ticket)
        return True

    def _claim(self, only: uuid.UUID | None) -> Ticket | None:
        now = self._clock.now()
        if only is None:
            with self._database.snapshot(installation()) as session:
                if not jobs.any_due(session, now, self._queues):
                    return None
        with self._database.transaction(installation()) as session:
            return jobs.claim(session, now, self._queues, self._lease, self._most_attempts, worker=self.name, only=only)

    def _attempt(self, ticket: Ticket) -> None:
        try:
            self._do(ticket)
        except jobs.LeaseLost:
            log.warning("lease lost; another worker has the job")

    def _do(self, ticket: Ticket) -> None:
        if ticket.exhausted:
            self._fail(ticket, "the worker died or ran out of time on every attempt", final=True)
            return
        try:
            with self._time_limit():
                effects = HANDLERS[ticket.kind](self._tools, ticket)
                self._finish(ticket, effects)
        except jobs.LeaseLost:
            raise
        except EXPECTED as error:
            self._end(ticket, error)
        except BaseException as error:
            self._fail(ticket, f"{type(error).__name__}: {error}", final=False)
            raise

    def _finish(self, ticket: Ticket, effects: Effects) -> None:
        with self._database.transaction(system(ticket.company_id, ticket.trace_id)) as session:
            now = self._clock.now()
            jobs.hold(session, ticket)
            effects(session, now)
            jobs.complete(session, now, ticket)
        log.info("job done", subject=str(ticket.subject_id))

    def _end(self, ticket: Ticket, error: Exception) -> None:
        """Wait for a part that is away, however long; count a failure that is the job's own."""
        told = f"{type(error).__name__}: {error}"
        if isinstance(error, NOT_THE_JOBS_FAULT) or (isinstance(error, StorepatrolError) and error.retryable):
            with self._database.transaction(system(ticket.company_id, ticket.trace_id)) as session:
                jobs.postpone(session, self._clock.now(), ticket, told)
            log.warning("a part is away, the job waits", error=told)
        else:
            self._fail(ticket, told, final=isinstance(error, StorepatrolError) and not isinstance(error, CutShort))

    def _fail(self, ticket: Ticket, error: str, *, final: bool) -> None:
        with self._database.transaction(system(ticket.company_id, ticket.trace_id)) as session:
            now = self._clock.now()
            buried = jobs.fail(session, now, ticket, error, most_attempts=self._most_attempts, final=final)
            if buried:
                give_up(session, now, ticket, error)
        log.error("job buried" if buried else "job failed, will be tried again", error=error)

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        """End this process when a job takes too long: a decoder stuck in C code listens to nothing else."""
        if not self._owns_process:
            yield
            return
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a handler in Python would wait for the C code, too
        signal.setitimer(signal.ITIMER_REAL, self._limit_s)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
