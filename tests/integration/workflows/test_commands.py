"""`storepatrol worker` and `storepatrol timer` as processes: they start, do their work, survive a death, and stop."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from core.clock import SystemClock
from core.jobs import Job
from core.parts import Parts
from storepatrol.stack import free_ports, redis_server
from tests.builders import Company
from tests.integration.workflows.world import GAP, SLA, Shop
from workflows.escalation.model import Escalation
from workflows.tasks.model import Task

LONG = 60.0
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
Environment = dict[str, str]


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(msgspec.structs.replace(parts, clock=SystemClock()), company)


@pytest.fixture
def environment(shop: Shop) -> Environment:
    """An embedded installation over this test's database."""
    return {
        "STOREPATROL_DATA_DIR": str(shop.parts.settings.data_dir),
        "STOREPATROL_DATABASE_URL": shop.parts.database.engine.url.render_as_string(hide_password=False),
        "STOREPATROL_LOG_FORM": "json",
        "STOREPATROL_SWEEP_EVERY": "PT0.2S",
    }


@pytest.fixture
def stack(environment: Environment, tmp_path: Path) -> Iterator[Environment]:
    """A stack installation with a Redis of its own. Nothing here touches its storage."""
    (port,), password = free_ports([None]), secrets.token_hex(8)
    server = redis_server.spawn(tmp_path, port, password, durable=False)
    server.wait_ready(lambda: redis_server.ready(port, password))
    yield environment | {
        "STOREPATROL_MODE": "stack",
        "STOREPATROL_SECRET_KEY": secrets.token_hex(24),
        "STOREPATROL_REDIS_URL": redis_server.url(port, password),
        "STOREPATROL_S3_ENDPOINT": "127.0.0.1:1",
        "STOREPATROL_S3_ACCESS_KEY": "nobody",
        "STOREPATROL_S3_SECRET_KEY": "nothing",
        "STOREPATROL_S3_SECURE": "false",
    }
    server.stop()


class Command:
    """A running `storepatrol …` with what it logs."""

    def __init__(self, log: Path, environment: Environment, *words: str) -> None:
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "storepatrol", *words],
                stderr=output,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines() if line.startswith("{")]

    def said(self, words: str) -> bool:
        return any(words in line["event"] for line in self.lines())

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        children = self.children()
        self.process.send_signal(how)
        code = self.process.wait(LONG)
        psutil.wait_procs(children, LONG)
        assert not [child for child in children if child.is_running()], "it left somebody behind"
        return code

    def __str__(self) -> str:
        return self._log.read_text("utf-8")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """`run(environment, "timer")`."""
    running: list[Command] = []

    def start(environment: Environment, *words: str) -> Command:
        running.append(Command(tmp_path / f"{'-'.join(words)}.log", environment, *words))
        return running[-1]

    yield start
    for command in running:
        command.process.kill()
        command.process.wait()


def until(met: Callable[[], object], command: Command) -> None:
    deadline = time.monotonic() + LONG
    while not met():
        assert time.monotonic() < deadline, f"waited in vain\n{command}"
        assert command.process.poll() is None, f"it ended by itself\n{command}"
        time.sleep(0.05)


def a_job(shop: Shop) -> None:
    """A job of the general queue."""
    shop.submit(shop.visit(), GAP.code)


@on_sqlite
def test_a_worker_that_is_killed_has_a_successor_and_ctrl_c_ends_both_in_order(
    shop: Shop, environment: Environment, run: Callable[..., Command]
) -> None:
    worker = run(environment, "worker", "--queues", "general")
    until(lambda: worker.said("worker ready"), worker)
    (first,) = worker.children()
    first.kill()
    until(lambda: worker.said("worker died"), worker)
    a_job(shop)
    until(lambda: shop.count(Task) == 1, worker)
    (second,) = worker.children()
    assert second.pid != first.pid
    # Ctrl+C in a terminal goes to all of its group; the child is none of it and is ended in order.
    os.killpg(worker.process.pid, signal.SIGINT)
    assert worker.process.wait(LONG) == 0
    psutil.wait_procs([second], LONG)
    assert sum("worker died" in line["event"] for line in worker.lines()) == 1


@on_sqlite
def test_a_worker_does_not_outlive_its_killed_supervisor(
    shop: Shop, environment: Environment, run: Callable[..., Command]
) -> None:
    worker = run(environment, "worker", "--queues", "general")
    until(lambda: worker.said("worker ready"), worker)
    assert worker.stop(signal.SIGKILL) == -signal.SIGKILL


@on_sqlite
def test_a_timer_escalates_what_is_overdue_and_stops_when_told(
    shop: Shop, environment: Environment, run: Callable[..., Command]
) -> None:
    past = Shop(msgspec.structs.replace(shop.parts, clock=Earlier()), shop.company)
    past.photo(past.visit())
    past.work()
    timer = run(environment, "timer")
    until(lambda: shop.count(Escalation) == 1, timer)
    assert timer.stop() == 0
    assert shop.task().escalation_level == 1


class Earlier(SystemClock):
    """The machine's clock, so late by the time of a task."""

    def now(self) -> Any:
        return super().now() - SLA.of(GAP.severity)


@on_postgresql
@pytest.mark.stack
def test_in_a_stack_timer_and_workers_find_each_other_through_redis(
    shop: Shop, stack: Environment, run: Callable[..., Command]
) -> None:
    timer = run(stack, "timer")
    workers = run(stack, "worker", "--queues", "general,vision")
    a_job(shop)
    until(lambda: shop.count(Task) == 1, workers)
    until(lambda: {job.state for job in shop.rows(Job)} == {"done"}, workers)
    ready = {tuple(line["queues"]) for line in workers.lines() if line["event"] == "worker ready"}
    until(lambda: sum("worker ready" in line["event"] for line in workers.lines()) == 2, workers)
    assert ready <= {("general",), ("vision",)}
    assert workers.stop() == 0
    assert timer.stop() == 0
    assert not workers.said("worker died")
    assert not [line for command in (timer, workers) for line in command.lines() if line["level"] == "error"]
