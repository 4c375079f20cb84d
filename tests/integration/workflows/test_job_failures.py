"""Retries and dead letters: what is away is waited for, and what cannot be done waits where a person sees it."""

import uuid

import msgspec
import pytest
import sqlalchemy as sa

from core import paging
from core.errors import Conflict, NotFound, StaleVersion
from core.events import TrailEvent
from core.jobs import Job
from core.storage import BlobStore
from core.storage.protocol import StorageUnavailable
from tests.builders import Company
from tests.integration.workflows.world import HOUR, LEASE, Shop, a_photo, job, must_claim
from vision.photo import Photo as Picture
from vision.shelf import ShelfReading
from workflows import desk
from workflows.issues.model import Finding
from workflows.verification.model import FixAttempt
from workflows.visits.model import Photo, VoiceNote


class AwayStore:
    """The real store, but for as many reads as it was told to be away."""

    def __init__(self, store: BlobStore, times: int, error: Exception) -> None:
        self._store, self.times, self._error = store, times, error

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def read(self, sha256: str) -> bytes:
        if self.times > 0:
            self.times -= 1
            raise self._error
        return self._store.read(sha256)


AWAY = StorageUnavailable("the disk is being changed")


BROKEN = sa.exc.InternalError("", {}, Exception("a mistake of the database's"))


def storage_away(shop: Shop, times: int, error: Exception = AWAY) -> AwayStore:
    store = AwayStore(shop.parts.blobs, times, error)
    shop.tools = msgspec.structs.replace(shop.tools, parts=msgspec.structs.replace(shop.parts, blobs=store))
    return store


def test_storage_away_for_long_delays_a_photo_and_loses_nothing(shop: Shop) -> None:
    photo_id = a_photo(shop)
    store = storage_away(shop, times=12)
    waits = []
    while store.times:
        shop.work()
        assert job(shop).state == "ready"
        assert "storage.unavailable" in (job(shop).last_error or "")
        waits.append((job(shop).run_at - shop.parts.clock.now()).total_seconds())
        assert shop.work() == 0  # not before its time
        shop.parts_clock_ticks(job(shop).run_at - shop.parts.clock.now())
    shop.work()
    # It looks again soon, however long it takes, and that is not the job's fault.
    assert waits == [2, 4, 8, 16] + [30] * 8
    assert sum(waits) > 120
    assert shop.one(Photo, Photo.id == photo_id).state == "analysed"
    assert (job(shop).state, job(shop).attempts, job(shop).last_error) == ("done", 1, None)
    assert shop.count(Finding) == 1


def test_a_database_that_goes_away_in_the_middle_costs_neither_an_attempt_nor_a_worker(shop: Shop) -> None:
    a_photo(shop)
    worker, engine, struck = shop.worker(), shop.parts.database.engine, []

    def strike(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO finding") and not struck:
            struck.append(statement)
            raise sa.exc.OperationalError(statement, {}, Exception("server closed the connection unexpectedly"))

    sa.event.listen(engine, "before_cursor_execute", strike)
    assert worker.run_one() is True
    sa.event.remove(engine, "before_cursor_execute", strike)
    assert (job(shop).state, job(shop).attempts) == ("ready", 0)
    assert shop.count(Finding) == 0
    shop.parts_clock_ticks(HOUR)
    shop.work()
    assert shop.count(Finding) == 1


def test_what_nobody_expected_is_written_down_and_ends_the_worker(shop: Shop) -> None:
    a_photo(shop)

    class Broken:
        min_score = 0.25

        def read(self, photo: Picture, min_score: float | None = None) -> ShelfReading:
            raise ZeroDivisionError("a mistake of ours")

    shop.tools = msgspec.structs.replace(shop.tools, reader=Broken())  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        shop.worker().run_one()
    assert (job(shop).state, job(shop).last_error) == ("ready", "ZeroDivisionError: a mistake of ours")


def test_a_photo_whose_file_is_gone_is_not_tried_in_vain(shop: Shop) -> None:
    photo_id = a_photo(shop)
    shop.parts.blobs.delete(shop.one(Photo, Photo.id == photo_id).sha256)
    shop.work()
    assert (job(shop).state, job(shop).attempts) == ("dead", 1)
    assert shop.one(Photo, Photo.id == photo_id).state == "failed"


def fail_for_good(shop: Shop) -> AwayStore:
    """Something fails until every attempt is used up."""
    store = storage_away(shop, 100, BROKEN)
    for _ in range(shop.parts.settings.job_attempts):
        shop.work()
        shop.parts_clock_ticks(HOUR)
    store.times = 0
    return store


def test_what_fails_as_often_as_it_may_is_dead_and_shown(shop: Shop) -> None:
    visit_id = shop.visit()
    photo_id, note_id = shop.photo(visit_id), shop.note(visit_id, "the floor is wet")
    fail_for_good(shop)
    dead = shop.rows(Job, Job.state == "dead")
    assert {(one.kind, one.attempts) for one in dead} == {("see", 5), ("hear", 5)}
    photo, note = shop.one(Photo, Photo.id == photo_id), shop.one(VoiceNote, VoiceNote.id == note_id)
    assert photo.state == note.state == "failed"
    assert photo.problem is not None
    with shop.parts.database.snapshot(shop.caller("admin")) as session:
        listed = desk.list_jobs(session, paging.PageRequest(), state="dead").items
        summary = {line.queue: line.dead for line in desk.summary(session, shop.parts.clock.now())}
    assert {one.subject for one in listed} == {f"photo {photo_id}", f"voice_note {note_id}"}
    assert all("InternalError" in (one.last_error or "") for one in listed)
    assert summary == {"vision": 1, "speech": 1}
    given_up = shop.rows(TrailEvent, TrailEvent.kind == "AnalysisGivenUp")
    assert {event.subject_id for event in given_up} == {one.id for one in dead}


def rerun(shop: Shop, job_id: uuid.UUID, version: int, company: Company | None = None) -> None:
    caller = (company or shop.company).caller(shop.parts, "admin")
    with shop.parts.database.transaction(caller) as session:
        desk.rerun(session, shop.parts.clock.now(), job_id, version)


def test_a_dead_job_run_again_repairs_what_had_failed(shop: Shop) -> None:
    photo_id = a_photo(shop)
    fail_for_good(shop)
    rerun(shop, job(shop).id, job(shop).version)
    waiting = shop.one(Photo, Photo.id == photo_id)
    assert (waiting.state, waiting.problem) == ("stored", None)
    shop.work()
    assert shop.one(Photo, Photo.id == photo_id).state == "analysed"
    assert (job(shop).state, job(shop).attempts) == ("done", 1)
    assert shop.count(Finding) == 1
    again = shop.one(TrailEvent, TrailEvent.kind == "AnalysisRunAgain")
    assert (again.actor_name, again.state_from, again.state_to) == ("admin", "dead", "ready")


def test_only_a_dead_job_of_ones_own_company_is_run_again_and_only_as_last_seen(
    shop: Shop, other_company: Company
) -> None:
    a_photo(shop)
    with pytest.raises(Conflict) as refused:
        rerun(shop, job(shop).id, job(shop).version)
    assert refused.value.code == "job.not_dead"
    fail_for_good(shop)
    with pytest.raises(NotFound):
        rerun(shop, job(shop).id, job(shop).version, other_company)
    with pytest.raises(StaleVersion):
        rerun(shop, job(shop).id, job(shop).version - 1)
    rerun(shop, job(shop).id, job(shop).version)
    with pytest.raises(StaleVersion):
        rerun(shop, job(shop).id, job(shop).version - 1)


def test_a_job_that_killed_its_worker_on_every_attempt_is_buried_unseen(shop: Shop) -> None:
    photo_id = a_photo(shop)
    for _ in range(shop.parts.settings.job_attempts):
        must_claim(shop, attempts=shop.parts.settings.job_attempts)
        shop.parts_clock_ticks(2 * LEASE)
    assert shop.worker().run_one() is True
    assert shop.reader.read_count == 0  # it is not tried a sixth time
    assert (job(shop).state, job(shop).attempts) == ("dead", 5)
    assert "died" in (job(shop).last_error or "")
    assert shop.one(Photo, Photo.id == photo_id).state == "failed"
    rerun(shop, job(shop).id, job(shop).version)
    shop.work()
    assert shop.one(Photo, Photo.id == photo_id).state == "analysed"


def test_a_check_that_is_given_up_goes_to_a_person(shop: Shop) -> None:
    task = shop.open_task()
    photo_id = shop.after(task.id)
    fail_for_good(shop)
    assert job(shop, "check_fix").state == "dead"
    assert shop.one(Photo, Photo.id == photo_id).state == "failed"
    assert (shop.task().state, shop.one(FixAttempt).reasons) == ("in_review", ("check_failed",))
    shop.work()
    shop.decide(task.id, "hq")
    assert shop.task().state == "closed"


def test_a_check_run_again_before_anybody_decided_still_counts(shop: Shop) -> None:
    task = shop.open_task()
    photo_id = shop.after(task.id)
    fail_for_good(shop)
    dead = job(shop, "check_fix")
    rerun(shop, dead.id, dead.version)
    shop.work()
    assert (shop.task().state, shop.one(FixAttempt).reasons) == ("closed", ("gap_gone",))
    assert shop.one(Photo, Photo.id == photo_id).state == "analysed"
    assert shop.task().id == task.id


def test_a_check_run_again_after_somebody_decided_changes_nothing(shop: Shop) -> None:
    task = shop.open_task()
    shop.after(task.id)
    fail_for_good(shop)
    shop.decide(task.id, "hq", "not_fixed")
    dead = job(shop, "check_fix")
    rerun(shop, dead.id, dead.version)
    shop.work()
    assert shop.task().state == "open"
    assert shop.one(FixAttempt).verdict == "not_fixed"
