"""Tells the queue server (Redis, through RQ) which jobs are due: ids only, a hint that may be lost or given twice.

Due times, retries and leases stay in the database. A hint that brought nothing (Redis was flushed, a worker died with
the id in its hand) is given again.
"""

import datetime as dt
import uuid

import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from core import jobs
from core.caller import installation
from core.errors import Unavailable
from core.parts import Parts
from core.text import Text
from workflows.pipeline import QUEUES
from workflows.worker import Worker

ENTRY = "workflows.dispatch.run_job"
BATCH = 500
HINT_LIVES = dt.timedelta(seconds=10)
HINT_LIVES_IN_A_FULL_QUEUE = dt.timedelta(minutes=5)

_resident: Worker | None = None


def connect(url: str) -> redis.Redis:
    """Return a connection with timeouts, so that a Redis that is away is an error and not a wait."""
    return redis.Redis.from_url(url, socket_connect_timeout=5, health_check_interval=30)


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
        try:
            lost_before = {name: now - _patience(queue) for name, queue in self._queues.items()}
            with self._parts.database.transaction(installation()) as session:
                due = jobs.undispatched(session, now, lost_before, BATCH)
                for job_id, queue in due:
                    self._hint(queue, job_id)
        except redis.RedisError as error:
            raise Unavailable("queue.unavailable", Text("任务队列暂时不可用", "The queue server is away")) from error
        return len(due)

    def _hint(self, queue: str, job_id: uuid.UUID) -> None:
        # The default id is new each time: RQ refuses an id it has seen fail, and a hint may have to be repeated.
        self._queues[queue].enqueue_call(ENTRY, args=(job_id.hex,), result_ttl=0, failure_ttl=60, timeout=-1)


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
    _resident.run_one(only=uuid.UUID(hex=job_id))


def serve_queue(worker: Worker, queue: str, connection: redis.Redis) -> None:
    """Work on one RQ queue until SIGTERM, in this process: RQ's forking worker would load the models for every job."""
    global _resident
    _resident = worker
    SimpleWorker([queue_of(queue, connection)], connection=connection, serializer=JSONSerializer).work()
