"""A worker killed between any two lines of a job: another one finishes, and everything is there exactly once."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import jobs
from core.caller import installation
from core.events import TrailEvent
from core.jobs import Job
from tests.conftest import ROOT
from tests.integration.workflows.world import HOUR, Shop
from workflows.issues.model import Finding, Issue
from workflows.notify.model import Notification
from workflows.tasks.model import Task
from workflows.verification.model import FixAttempt
from workflows.visits.model import Photo

POINTS = int(os.environ.get("STOREPATROL_TEST_KILLS", "6"))
"""How many lines, spread over the whole way of a photo, a worker is killed at. Another set of lines each run."""


class Nursery:
    """Workers that live or die as ordered, over the database and storage of this test."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._born = shop, 0
        script = Path(__file__).with_name("mortal_worker.py")
        url = shop.parts.database.engine.url.render_as_string(hide_password=False)
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(shop.parts.settings.data_dir), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    def worker(self, **death: int) -> tuple[str, dict[str, Any]]:
        """Let one work; its name, and what became of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._born += 1
        name = f"mortal {self._born}"
        order = {"now": self._shop.parts.clock.now().isoformat(), "name": name, **death}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return name, json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture
def nursery(shop: Shop) -> Iterator[Nursery]:
    nursery = Nursery(shop)
    yield nursery
    nursery.close()


def finish(shop: Shop, name: str, *, noticed: bool) -> None:
    """Let time pass until the dead worker's job is free, and do what is left."""
    if noticed:  # the supervisor saw it die
        with shop.parts.database.transaction(installation()) as session:
            jobs.release(session, shop.parts.clock.now(), name)
    shop.parts_clock_ticks(HOUR)  # else its lease runs out
    shop.work()


def spread(lines: int) -> list[int]:
    """Some lines of all, evenly, beginning elsewhere each time."""
    step = max(1, lines // POINTS)
    return list(range(1 + int.from_bytes(os.urandom(2), "big") % step, lines + 1, step))


def test_a_photo_leads_to_one_of_everything_wherever_its_worker_is_killed(shop: Shop, nursery: Nursery) -> None:
    shop.photo(shop.visit())
    lines = nursery.worker()[1]["lines"]
    assert lines > 200
    for number, point in enumerate(spread(lines)):
        visit_id = shop.visit()
        photo_id = shop.photo(visit_id)
        name, end = nursery.worker(dies_at=point)
        assert end["killed"] or point > 0.9 * lines, point  # no two runs have quite as many lines
        finish(shop, name, noticed=number % 2 == 0)
        check_one_of_everything(shop, visit_id, photo_id, point)


@pytest.mark.parametrize("after", [False, True])
def test_a_photo_leads_to_one_of_everything_around_every_commit(shop: Shop, nursery: Nursery, after: bool) -> None:
    """The lines that matter most, every one of them: right before and right after each commit."""
    shop.photo(shop.visit())
    commits = nursery.worker()[1]["commits"]
    assert commits == 14  # a lease and an end for each of seven jobs
    for commit in range(1, commits + 1):
        visit_id = shop.visit()
        photo_id = shop.photo(visit_id)
        name, end = nursery.worker(commit=commit, after=after)
        assert end["killed"], commit
        finish(shop, name, noticed=commit % 2 == 0)
        check_one_of_everything(shop, visit_id, photo_id, commit)


def check_one_of_everything(shop: Shop, visit_id: uuid.UUID, photo_id: uuid.UUID, point: int) -> None:
    (finding,) = shop.rows(Finding, Finding.visit_id == visit_id)
    (issue,) = shop.rows(Issue, Issue.visit_id == visit_id)
    (task,) = shop.rows(Task, Task.issue_id == issue.id)
    (message,) = shop.rows(Notification, Notification.task_id == task.id)
    assert finding.issue_id == issue.id, point
    assert message.person_id == task.owner_id, point
    subjects = {"PhotoAnalysed": photo_id, "IssueOpened": issue.id, "TaskAssigned": task.id}
    for kind, subject in subjects.items():
        told = shop.count(TrailEvent, TrailEvent.kind == kind, TrailEvent.subject_id == subject)
        assert told == 1, (kind, point)
    photo = shop.one(Photo, Photo.id == photo_id)
    assert photo.state == "analysed", point
    for sha256 in (photo.thumb_sha256, photo.overlay_sha256):
        assert sha256 is not None
        assert shop.parts.blobs.read(sha256), point
    assert {job.state for job in shop.rows(Job)} == {"done"}, point


def test_a_check_gives_one_verdict_wherever_its_worker_is_killed(shop: Shop, nursery: Nursery) -> None:
    first = shop.open_task("store_b")
    shop.after(first.id, "manager_b")
    lines = nursery.worker()[1]["lines"]
    for number, point in enumerate(spread(lines)[::2]):
        shop.photo(shop.visit())
        shop.work()
        (task,) = shop.rows(Task, Task.state == "open")
        shop.after(task.id)
        name, end = nursery.worker(dies_at=point)
        assert end["killed"] or point > 0.9 * lines, point
        finish(shop, name, noticed=number % 2 == 0)
        (attempt,) = shop.rows(FixAttempt, FixAttempt.task_id == task.id)
        assert (attempt.verdict, attempt.reasons) == ("fixed", ("gap_gone",)), point
        verified = shop.count(TrailEvent, TrailEvent.kind == "FixVerified", TrailEvent.subject_id == task.id)
        assert verified == 1, point
        told = shop.rows(Notification, Notification.task_id == task.id, Notification.kind == "FixVerified")
        assert len(told) == 2, point  # the owner and the supervisor
        assert not shop.rows(Task, Task.state != "closed"), point
