"""Claims and leases: of many workers one gets the job, does it once, and loses it when it is too slow."""

import os
import subprocess
import uuid

import msgspec
import pytest
import sqlalchemy as sa

from core import jobs
from core.caller import installation, system
from core.events import TrailEvent
from core.jobs import Job, Ticket
from storepatrol.supervisor import release_orphans
from tests.integration.workflows.world import HOUR, LEASE, Shop, a_photo, at_once, claim, job, must_claim
from vision.photo import Photo as Picture
from vision.shelf import ShelfReading
from workflows.handlers import HANDLERS
from workflows.issues.model import Finding
from workflows.timer import Timer
from workflows.tools import Effects
from workflows.visits.model import Photo


def test_of_many_workers_one_gets_the_job(shop: Shop) -> None:
    a_photo(shop)
    tickets = at_once(*(lambda name=f"worker {n}": claim(shop, name) for n in range(6)))  # type: ignore[misc]
    assert [ticket is not None for ticket in tickets].count(True) == 1
    assert (job(shop).state, job(shop).attempts) == ("running", 1)


def test_workers_at_once_share_jobs_and_do_each_once(shop: Shop) -> None:
    visit_id = shop.visit()
    for _ in range(6):
        shop.photo(visit_id)
    done = at_once(*[shop.work] * 3)
    assert sum(done) == shop.count(Job)  # type: ignore[arg-type]
    assert {(one.state, one.attempts) for one in shop.rows(Job)} == {("done", 1)}
    assert shop.count(Finding) == shop.reader.read_count == 6


def test_the_oldest_job_goes_first(shop: Shop) -> None:
    first = a_photo(shop)
    shop.parts_clock_ticks()
    a_photo(shop)
    assert must_claim(shop).subject_id == first


def test_a_worker_takes_jobs_of_its_own_queues_only(shop: Shop) -> None:
    a_photo(shop)
    assert shop.worker(queues=("speech", "general")).run_one() is False
    assert shop.worker(queues=("vision",)).run_one() is True


def test_while_a_lease_lasts_nobody_else_gets_the_job(shop: Shop) -> None:
    a_photo(shop)
    must_claim(shop)
    shop.parts_clock_ticks(LEASE)
    assert claim(shop, "two") is None
    shop.parts_clock_ticks()
    assert must_claim(shop, "two").attempt == 2


def effects_of(shop: Shop, ticket: Ticket) -> Effects:
    return HANDLERS[ticket.kind](shop.tools, ticket)


def test_a_worker_that_was_too_slow_keeps_nothing_of_its_work(shop: Shop) -> None:
    photo_id = a_photo(shop)
    slow = must_claim(shop, "slow")
    effects = effects_of(shop, slow)
    shop.parts_clock_ticks(LEASE * 2)
    must_claim(shop, "quick")

    def finish() -> None:
        with shop.parts.database.transaction(system(slow.company_id)) as session:
            effects(session, shop.parts.clock.now())
            jobs.complete(session, shop.parts.clock.now(), slow)

    with pytest.raises(jobs.LeaseLost):
        finish()
    assert shop.count(Finding) == 0
    assert shop.one(Photo, Photo.id == photo_id).state == "stored"
    assert shop.count(TrailEvent, TrailEvent.kind == "PhotoAnalysed") == 0


class Slow:
    """A reader that takes so long that its lease runs out and another worker does the job meanwhile."""

    model, min_score = "slow", 0.25

    def __init__(self, shop: Shop) -> None:
        self._shop, self._reader, self.late = shop, shop.reader, False

    def read(self, photo: Picture, min_score: float | None = None) -> ShelfReading:
        reading = self._reader.read(photo)
        if not self.late:
            self.late = True
            self._shop.parts_clock_ticks(24 * HOUR)
            self._shop.work()
        return reading


def test_a_worker_overtaken_by_another_notices_and_lives_on(shop: Shop) -> None:
    a_photo(shop)
    shop.tools = msgspec.structs.replace(shop.tools, reader=Slow(shop))  # type: ignore[arg-type]
    assert shop.worker("overtaken").run_one() is True
    assert shop.reader.read_count == 2
    assert shop.count(Finding) == 1
    assert (job(shop).state, job(shop).attempts, job(shop).last_error) == ("done", 2, None)
    assert shop.work() == 0


def test_the_lease_of_a_worker_known_to_be_dead_ends_at_once(shop: Shop) -> None:
    a_photo(shop)
    must_claim(shop, "dead one")
    with shop.parts.database.transaction(installation()) as session:
        assert jobs.release(session, shop.parts.clock.now(), "another") == 0
        assert jobs.release(session, shop.parts.clock.now(), "dead one") == 1
    # It may have been this job that killed it: the others go first.
    shop.photo(shop.visit())
    assert must_claim(shop).subject_id != job_of_first(shop)
    shop.parts_clock_ticks(jobs.backoff(1))
    assert must_claim(shop).attempt == 2


def job_of_first(shop: Shop) -> uuid.UUID:
    return shop.rows(Job, Job.attempts == 1, order=Job.created_at)[0].subject_id


def test_a_job_that_another_hosts_clock_found_due_is_due(shop: Shop) -> None:
    a_photo(shop)
    shop.parts_clock_ticks(-jobs.CLOCK_SKEW)
    assert claim(shop) is None
    assert claim(shop, only=job(shop).id) is not None


def test_the_same_cause_never_makes_two_jobs(shop: Shop) -> None:
    a_photo(shop)
    first = job(shop)
    with shop.parts.database.transaction(shop.company.system()) as session:
        jobs.enqueue(
            session, first.created_at, kind="see", queue="vision", subject=("photo", first.subject_id), key=first.key
        )
    assert shop.count(Job) == 1


def test_an_idle_worker_does_not_ask_for_the_write_lock(shop: Shop) -> None:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(shop.parts.database.engine, "before_cursor_execute", note)
    assert shop.worker().run_one() is False
    sa.event.remove(shop.parts.database.engine, "before_cursor_execute", note)
    assert seen
    assert not [one for one in seen if "FOR UPDATE" in one or "IMMEDIATE" in one or one.startswith("UPDATE")]


def test_an_installation_that_was_killed_whole_takes_its_jobs_up_at_once(shop: Shop) -> None:
    a_photo(shop)
    gone = subprocess.Popen(["true"])
    gone.wait()
    must_claim(shop, f"{os.uname().nodename[:24]}-{gone.pid}-vision-1")
    release_orphans(shop.parts)
    assert job(shop).state == "ready"


def test_a_lease_of_a_living_worker_or_of_another_host_stays(shop: Shop) -> None:
    for name in (f"{os.uname().nodename[:24]}-{os.getpid()}-vision-1", "another-host-1-vision-1"):
        photo_id = a_photo(shop)
        must_claim(shop, name)
        release_orphans(shop.parts)
        assert shop.one(Job, Job.subject_id == photo_id).state == "running"


def test_jobs_done_long_ago_are_forgotten_and_others_are_kept(shop: Shop) -> None:
    a_photo(shop)
    shop.work()
    before = shop.count(Job)
    Timer(shop.parts).tidy()
    assert shop.count(Job) == before
    shop.parts_clock_ticks(31 * 24 * HOUR)
    waiting = a_photo(shop)
    Timer(shop.parts).tidy()
    assert [one.subject_id for one in shop.rows(Job)] == [waiting]
