"""Jobs through a real Redis: it carries ids, forgets them, goes away and comes back; the database loses nothing."""

import datetime as dt
import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import redis
from rq import Queue

from core import jobs
from core.caller import installation
from core.clock import ShiftedClock, SystemClock
from core.errors import Unavailable
from core.jobs import Job
from core.parts import Parts
from storepatrol.stack import Child, free_ports, redis_server
from tests.builders import Company
from tests.conftest import ROOT
from tests.integration.workflows.world import Shop
from workflows.dispatch import HINT_LIVES, Dispatcher, connect, queue_of
from workflows.issues.model import Finding
from workflows.visits.model import Photo

pytestmark = pytest.mark.stack
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LONG = 30.0


class Redis:
    """A Redis of this file alone, to be flushed and switched off."""

    def __init__(self, folder: Path) -> None:
        (self._port,), self._password, self._folder = free_ports([None]), secrets.token_hex(8), folder
        self.url = redis_server.url(self._port, self._password)
        self._child: Child | None = None
        self.switch_on()

    def switch_on(self) -> None:
        self._child = redis_server.spawn(self._folder, self._port, self._password, durable=False)
        self._child.wait_ready(lambda: redis_server.ready(self._port, self._password))

    def switch_off(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def forget_all(self) -> None:
        with connect(self.url) as connection:
            connection.flushall()


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.switch_off()


@pytest.fixture
def server(own_redis: Redis) -> Redis:
    own_redis.forget_all()
    return own_redis


@pytest.fixture
def connection(server: Redis) -> Iterator["redis.Redis"]:
    with connect(server.url) as connection:
        yield connection


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    """A shop in real time, since the workers are other processes."""
    return Shop(msgspec.structs.replace(parts, clock=SystemClock()), company)


@pytest.fixture
def dispatcher(shop: Shop, connection: "redis.Redis") -> Dispatcher:
    return Dispatcher(shop.parts, connection)


def later(shop: Shop, connection: "redis.Redis", span: dt.timedelta = HINT_LIVES) -> Dispatcher:
    """A dispatcher some time from now."""
    clock = ShiftedClock(shop.parts.clock.now() + span + dt.timedelta(seconds=1))
    return Dispatcher(msgspec.structs.replace(shop.parts, clock=clock), connection)


def photos(shop: Shop, count: int) -> None:
    visit_id = shop.visit()
    for _ in range(count):
        shop.photo(visit_id)


def hints(connection: "redis.Redis") -> list[str]:
    """The ids that wait in Redis for a vision worker."""
    return [str(job.args[0]) for job in queue_of("vision", connection).jobs]


def test_redis_is_told_of_each_due_job_once(shop: Shop, dispatcher: Dispatcher, connection: "redis.Redis") -> None:
    photos(shop, 3)
    assert dispatcher.dispatch() == 3
    assert dispatcher.dispatch() == 0
    assert sorted(hints(connection)) == sorted(job.id.hex for job in shop.rows(Job))


def test_redis_carries_ids_and_nothing_else(shop: Shop, dispatcher: Dispatcher, connection: "redis.Redis") -> None:
    photos(shop, 1)
    dispatcher.dispatch()
    (job,), photo = queue_of("vision", connection).jobs, shop.one(Photo)
    assert (job.func_name, list(job.args), job.kwargs) == (
        "workflows.dispatch.run_job",
        [shop.one(Job).id.hex],
        {},
    )
    held = b""
    for key in connection.scan_iter():
        if connection.type(key) == b"hash":
            held += b"".join(_plain(value) for value in connection.hgetall(key).values())  # type: ignore[union-attr]
    assert b"run_job" in held
    for secret in (photo.sha256, str(photo.id), photo.id.hex, str(shop.company.id), shop.company.id.hex):
        assert secret.encode() not in held


def _plain(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def test_a_worker_that_is_quicker_than_the_dispatcher_gets_the_job(shop: Shop, dispatcher: Dispatcher) -> None:
    photos(shop, 1)
    claimed = []

    class QuickQueue:
        count = 0

        def enqueue_call(self, _entry: str, args: tuple[str, ...], **_options: object) -> None:
            with shop.parts.database.transaction(installation()) as session:
                claimed.append(
                    jobs.claim(
                        session,
                        shop.parts.clock.now(),
                        ("vision",),
                        dt.timedelta(minutes=1),
                        5,
                        worker="quick",
                        only=uuid.UUID(hex=args[0]),
                    )
                )

    dispatcher._queues["vision"] = QuickQueue()  # type: ignore[assignment]
    dispatcher.dispatch()
    assert claimed[0] is not None


def test_what_redis_forgot_it_is_told_again(shop: Shop, dispatcher: Dispatcher, server: Redis) -> None:
    photos(shop, 2)
    dispatcher.dispatch()
    with connect(server.url) as connection:
        # While they wait in the queue nobody repeats them …
        assert later(shop, connection).dispatch() == 0
        server.forget_all()
        # … and neither at once: the worker may just have taken them.
        assert dispatcher.dispatch() == 0
        assert later(shop, connection).dispatch() == 2
        assert len(hints(connection)) == 2


def test_a_job_whose_worker_died_with_it_is_told_of_again(
    shop: Shop, dispatcher: Dispatcher, connection: "redis.Redis"
) -> None:
    photos(shop, 1)
    dispatcher.dispatch()
    with shop.parts.database.transaction(installation()) as session:
        lease = dt.timedelta(minutes=1)
        assert jobs.claim(session, shop.parts.clock.now(), ("vision",), lease, 5, worker="dies") is not None
    connection.flushall()
    assert later(shop, connection).dispatch() == 0
    assert later(shop, connection, dt.timedelta(minutes=1)).dispatch() == 1


def test_without_redis_dispatching_says_so_and_forgets_nothing(shop: Shop, dispatcher: Dispatcher) -> None:
    (port,) = free_ports([None])
    photos(shop, 2)
    away = Dispatcher(shop.parts, connect(f"redis://127.0.0.1:{port}/0"))
    with pytest.raises(Unavailable) as said:
        away.dispatch()
    assert said.value.code == "queue.unavailable"
    assert dispatcher.dispatch() == 2


def test_a_redis_lost_half_way_is_told_the_rest_later(shop: Shop, dispatcher: Dispatcher) -> None:
    photos(shop, 3)

    class FailingQueue:
        def __init__(self, queue: Queue) -> None:
            self.count, self._queue, self._left = 0, queue, 1

        def enqueue_call(self, *args: object, **options: object) -> None:
            self._left -= 1
            if self._left < 0:
                raise redis.ConnectionError("gone")
            self._queue.enqueue_call(*args, **options)  # type: ignore[arg-type]

    vision = dispatcher._queues["vision"]
    dispatcher._queues["vision"] = FailingQueue(vision)  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        dispatcher.dispatch()
    dispatcher._queues["vision"] = vision
    assert dispatcher.dispatch() == 2
    assert sorted(hints(vision.connection)) == sorted(job.id.hex for job in shop.rows(Job))


# --- with a worker process


class Resident:
    """The process of `resident_worker.py`."""

    def __init__(self, shop: Shop, server: Redis, mood: str = "well") -> None:
        url = shop.parts.database.engine.url.render_as_string(hide_password=False)
        script = Path(__file__).with_name("resident_worker.py")
        self.log = shop.parts.settings.data_dir / f"resident-{secrets.token_hex(4)}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(script), str(shop.parts.settings.data_dir), url, server.url, mood],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
        self.hear("ready")

    def hear(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word, self.log.read_text()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(LONG)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def resident(shop: Shop, server: Redis) -> Iterator[Callable[..., Resident]]:
    """`resident("slow")`: a vision worker on Redis."""
    started: list[Resident] = []

    def start(mood: str = "well") -> Resident:
        started.append(Resident(shop, server, mood))
        return started[-1]

    yield start
    for one in started:
        one.close()


def until(met: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LONG
    while not met():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


def seen(shop: Shop) -> int:
    return shop.count(Job, Job.kind == "see", Job.state == "done")


@on_postgresql
def test_one_model_does_all_jobs_each_once_even_when_told_of_them_twice(
    shop: Shop, dispatcher: Dispatcher, server: Redis, resident: Callable[..., Resident]
) -> None:
    photos(shop, 4)
    dispatcher.dispatch()
    with connect(server.url) as connection:
        for job in shop.rows(Job):
            queue_of("vision", connection).enqueue_call("workflows.dispatch.run_job", args=(job.id.hex,), timeout=-1)
        worker = resident()
        until(lambda: seen(shop) == 4, "four photos")
        until(lambda: not hints(connection), "an empty queue")
        assert {finding.model for finding in shop.rows(Finding)} == {f"model of process {worker.process.pid}"}
        assert {job.attempts for job in shop.rows(Job, Job.kind == "see")} == {1}
        assert worker.stop() == 0
        assert queue_of("vision", connection).failed_job_registry.count == 0
    # What follows is for other queues, and Redis hears of it.
    following = {(job.kind, job.queue) for job in shop.rows(Job, Job.kind != "see")}
    assert following >= {("raise_issues", "general"), ("weigh_evidence", "details")}
    assert {queue for _, queue in following} == {"general", "details"}
    assert dispatcher.dispatch() == shop.count(Job, Job.state == "ready", Job.run_at <= shop.parts.clock.now())
    assert shop.work() > 0


@on_postgresql
def test_redis_flushed_and_switched_off_costs_time_and_nothing_else(
    shop: Shop, server: Redis, resident: Callable[..., Resident]
) -> None:
    worker = resident()
    with connect(server.url) as connection:
        photos(shop, 1)
        Dispatcher(shop.parts, connection).dispatch()
        until(lambda: seen(shop) == 1, "the first photo")
        server.forget_all()
        photos(shop, 1)
        Dispatcher(shop.parts, connection).dispatch()
        until(lambda: seen(shop) == 2, "a photo after the flush")
        server.switch_off()
        photos(shop, 2)
        with pytest.raises(Unavailable):
            Dispatcher(shop.parts, connection).dispatch()
        server.switch_on()
        Dispatcher(shop.parts, connection).dispatch()
        until(lambda: seen(shop) == 4, "the photos of the outage")
    # The process, and with it the model, lived through all of it.
    assert {finding.model for finding in shop.rows(Finding)} == {f"model of process {worker.process.pid}"}
    assert worker.stop() == 0


@on_postgresql
def test_told_to_stop_in_the_middle_of_a_job_it_finishes_that_job(
    shop: Shop, dispatcher: Dispatcher, resident: Callable[..., Resident]
) -> None:
    photos(shop, 2)
    dispatcher.dispatch()
    worker = resident("slow")
    worker.hear("reading")
    assert worker.stop() == 0
    states = sorted(job.state for job in shop.rows(Job, Job.kind == "see"))
    assert states == ["done", "ready"]


@on_postgresql
def test_a_job_stuck_in_c_code_is_ended_with_its_process(
    shop: Shop, dispatcher: Dispatcher, resident: Callable[..., Resident]
) -> None:
    photos(shop, 1)
    dispatcher.dispatch()
    worker = resident("stuck")
    assert worker.process.wait(LONG) == -signal.SIGALRM
    assert shop.one(Job).state == "running"  # until its supervisor, or time, ends the lease


@on_postgresql
def test_a_mistake_of_ours_ends_the_process_although_rq_swallows_it(
    shop: Shop, dispatcher: Dispatcher, resident: Callable[..., Resident]
) -> None:
    photos(shop, 1)
    dispatcher.dispatch()
    worker = resident("broken")
    assert worker.process.wait(LONG) == 1
    job = shop.one(Job)
    assert (job.state, job.attempts, job.last_error) == ("ready", 1, "ZeroDivisionError: a mistake of ours")
