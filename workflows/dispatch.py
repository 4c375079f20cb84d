"""Tells the queue server (Redis, through RQ) which jobs are due: ids only, a hint that may be lost or given twice.

Due times, retries and leases stay in the database. A hint that brought nothing (Redis was flushed, a worker died with
the id in its hand) is given again.
"""

import datetime as dt
import logging
import threading
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

import redis
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty

from core import jobs
from core.caller import installation
from core.db import AWAY
from core.errors import Unavailable
from core.log import get_logger
from core.parts import Parts
from core.queues import QUEUES
from core.text import Text

if TYPE_CHECKING:  # the timer needs none of what a worker holds
    from workflows.worker import Worker

log = get_logger(__name__)

ENTRY = "workflows.dispatch.run_job"
BATCH = 500
HINT_LIVES = dt.timedelta(seconds=10)
HINT_LIVES_IN_A_FULL_QUEUE = dt.timedelta(minutes=5)
ANSWER_WITHIN_S = 5
LOOK_AGAIN_AFTER_S = 1.0
LISTEN_S = 60
"""So long at most a worker waits at a Redis that has gone without a word, before it connects again."""

_resident: "Resident | None" = None


def connect(url: str) -> redis.Redis:
    """Return a connection with timeouts, so that a Redis that is away is an error and not a wait."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=ANSWER_WITHIN_S, socket_timeout=ANSWER_WITHIN_S, health_check_interval=30
    )


class Dispatcher:
    """Hands due jobs to RQ. Any number may run."""

    def __init__(self, parts: Parts, connection: redis.Redis) -> None:
        self._parts = parts
        self._queues = {name: queue_of(name, connection) for name in QUEUES}

    def dispatch(self) -> int:
        """Tell the queue server of every due job it has not been told of; return how many.

        Raises:
            Unavailable: Redis does not answer. Nothing is lost; the next call tells again.

        """
        now = self._parts.clock.now()
        untold: deque[tuple[uuid.UUID, str]] = deque()
        try:
            lost_before = {name: now - _patience(queue) for name, queue in self._queues.items()}
            with self._parts.database.transaction(installation()) as session:
                untold = deque(jobs.undispatched(session, now, lost_before, BATCH))
            due = len(untold)
            while untold:
                self._hint(*untold[0])
                untold.popleft()
        except redis.RedisError as error:
            self._take_back([job_id for job_id, _ in untold])
            raise Unavailable("queue.unavailable", Text("任务队列暂时不可用", "The queue server is away")) from error
        return due

    def _hint(self, job_id: uuid.UUID, queue: str) -> None:
        # The default id is new each time: RQ refuses an id it has seen fail, and a hint may have to be repeated.
        self._queues[queue].enqueue_call(ENTRY, args=(job_id.hex,), result_ttl=0, failure_ttl=60, timeout=-1)

    def _take_back(self, job_ids: list[uuid.UUID]) -> None:
        if job_ids:
            with self._parts.database.transaction(installation()) as session:
                jobs.not_dispatched(session, job_ids)


def _patience(queue: Queue) -> dt.timedelta:
    """An empty queue with due jobs has lost them; in a full one they may just be waiting their turn."""
    return HINT_LIVES if queue.count == 0 else HINT_LIVES_IN_A_FULL_QUEUE


def queue_of(name: str, connection: redis.Redis) -> Queue:
    """Return RQ's queue for one of ours; JSON, since ids need no pickle."""
    return Queue(f"storepatrol-{name}", connection=connection, serializer=JSONSerializer)


def run_job(job_id: str) -> None:
    """Do one job by its id, with the models this process already holds."""
    if _resident is None:
        raise RuntimeError("run_job belongs into a process started by `storepatrol worker`")
    _resident.do(uuid.UUID(hex=job_id))


class Resident:
    """The worker of this process, with what RQ, which swallows everything a job raises, must not swallow."""

    def __init__(self, worker: "Worker", stop: threading.Event) -> None:
        self.stop = stop
        self.failure: BaseException | None = None
        self._worker = worker

    def do(self, job_id: uuid.UUID) -> None:
        """Do one job; what nobody expected is kept for `serve_queue` to raise."""
        try:
            self._worker.run_one(only=job_id)
        except AWAY as error:
            log.warning("a part is away, the job will be given again", error=str(error))
        except BaseException as error:
            self.failure = error
            raise


class _NoAlarm(BaseDeathPenalty):
    """RQ would set an alarm for every job, even an endless one; ours has its own, which C code cannot ignore."""

    def setup_death_penalty(self) -> None:
        """Do nothing."""

    def cancel_death_penalty(self) -> None:
        """Do nothing."""


class _RqWorker(SimpleWorker):
    """Runs jobs in this process: RQ's forking worker would load the models for every job."""

    death_penalty_class = _NoAlarm
    max_connection_wait_time = 2.0
    log_result_lifespan = False

    def __init__(self, resident: Resident, queue: Queue) -> None:
        super().__init__(
            [queue],
            connection=queue.connection,
            serializer=JSONSerializer,
            worker_ttl=LISTEN_S,
            log_job_description=False,
        )
        self._resident = resident

    def handle_warm_shutdown_request(self) -> None:
        """Note that SIGTERM or SIGINT came, so that the end of `work` can be told from a failure."""
        self._resident.stop.set()

    def execute_job(self, job: Any, queue: Any) -> None:
        """Do a job, and leave when it has shown that this process can no longer be trusted."""
        super().execute_job(job, queue)
        if self._resident.failure is not None:
            raise SystemExit

    def teardown(self) -> None:
        """Leave Redis; should it be away, leave no thread behind that goes on trying."""
        try:
            super().teardown()  # type: ignore[no-untyped-call]
        finally:
            listener: Any = self.pubsub_thread
            if listener is not None:
                listener.stop()


def serve_queue(worker: "Worker", queue: str, connection: redis.Redis, stop: threading.Event) -> None:
    """Work on one RQ queue in this process until SIGTERM, through absences of Redis, keeping the models loaded.

    Raises:
        BaseException: what a job raised that nobody expected; a supervisor should start a fresh process.

    """
    global _resident
    _resident = Resident(worker, stop)
    logging.getLogger("rq").setLevel(logging.WARNING)  # each hint would be three lines; a job has its own
    log.info("worker ready", worker=worker.name, queues=(queue,))
    while not stop.is_set():
        try:
            _RqWorker(_resident, queue_of(queue, connection)).work()
            stop.wait(LOOK_AGAIN_AFTER_S)
        except redis.RedisError as error:
            log.warning("the queue server is away, trying again", worker=worker.name, error=str(error))
            stop.wait(LOOK_AGAIN_AFTER_S)
        except StopRequested:
            return  # the signal came between two rounds
        except SystemExit:
            if _resident.failure is not None:
                raise _resident.failure from None
            raise
