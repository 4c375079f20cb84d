"""One id leads from a photo's upload through finding, issue and task to the message, in the trail and in the log."""

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog

from core.events import TrailEvent, record
from core.jobs import Job
from tests.integration.workflows.world import GAP, Shop
from workflows.issues.model import Issue
from workflows.tasks.model import Task

PHOTO, OTHER, SENT = "trace-of-the-photo", "trace-of-another", "trace-of-sending"


SAMPLE = "ReviewAsked"
"""One photo in fifty is shown to a reviewer as a sample, whatever else becomes of it."""
LOOKS = {"read_tags", "look_for_material", "weigh_evidence"}
"""What else a photo is looked at for: on the way, but not on the way to the task."""

Lines = list[MutableMapping[str, Any]]


@pytest.fixture
def logged() -> Iterator[Lines]:
    """What the product logs, with what is bound around it."""
    with structlog.testing.capture_logs(processors=(structlog.contextvars.merge_contextvars,)) as lines:
        yield lines


def test_the_id_of_an_upload_is_in_every_row_that_follows(shop: Shop) -> None:
    shop.photo(shop.visit(), trace_id=PHOTO)
    shop.work()
    assert shop.issue().trace_id == shop.task().trace_id == PHOTO
    followed = {event.kind for event in shop.rows(TrailEvent, TrailEvent.trace_id == PHOTO)}
    assert followed - {SAMPLE} == {"PhotoStored", "PhotoAnalysed", "IssueOpened", "TaskAssigned"}
    jobs = {job.kind for job in shop.rows(Job, Job.trace_id == PHOTO)}
    assert jobs == {"see", "raise_issues", "assign_task", "tell"} | LOOKS
    assert shop.count(Job, Job.trace_id.is_(None)) == 0


def test_the_log_tells_the_same_story(shop: Shop, logged: Lines) -> None:
    shop.photo(shop.visit(), trace_id=PHOTO)
    shop.work()
    lines = [line for line in logged if line.get("trace_id") == PHOTO]
    happened = [line["event_kind"] for line in lines if line["event"] == "happened"]
    assert [kind for kind in happened if kind != SAMPLE] == [
        "PhotoStored", "PhotoAnalysed", "IssueOpened", "TaskAssigned",
    ]  # fmt: skip
    done = [line["kind"] for line in lines if line["event"] == "job done"]
    assert [kind for kind in done if kind not in LOOKS] == ["see", "raise_issues", "assign_task", "tell"]
    assert set(done) >= LOOKS
    task = shop.task()
    assert f"task {task.id}" in {line.get("subject") for line in lines}


def test_nothing_is_logged_that_did_not_happen(shop: Shop, logged: Lines) -> None:
    def fail() -> None:
        with shop.parts.database.transaction(shop.company.system()) as session:
            record(session, shop.parts.clock.now(), "NeverHappened", ("visit", shop.company.id))
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        fail()
    shop.visit()
    assert [line["event_kind"] for line in logged if line["event"] == "happened"] == ["VisitCreated"]


def test_an_issue_carries_the_id_of_what_showed_it_whichever_job_opened_it(shop: Shop) -> None:
    """Two photos are seen before either opens issues: the job of one opens what the other showed."""
    visit_id = shop.visit()
    shop.photo(visit_id, trace_id=PHOTO)
    shop.note(visit_id, "The fire exit is blocked", trace_id=OTHER)
    shop.submit(visit_id, "availability.key_items", trace_id=SENT)
    vision, speech = shop.worker(queues=("vision",)), shop.worker(queues=("speech",))
    while vision.run_one() or speech.run_one():
        pass
    shop.work()
    traces = {issue.checkpoint: issue.trace_id for issue in shop.rows(Issue)}
    assert traces.pop(GAP.code) == PHOTO
    assert traces.pop("availability.key_items") == SENT
    assert set(traces.values()) <= {OTHER}
    assert {task.checkpoint: task.trace_id for task in shop.rows(Task)}[GAP.code] == PHOTO
    assert PHOTO in {event.trace_id for event in shop.rows(TrailEvent, TrailEvent.kind == "TaskAssigned")}


def test_the_after_photo_has_its_own_id_and_leads_to_the_task(shop: Shop) -> None:
    visit_id = shop.visit()
    shop.photo(visit_id, trace_id=PHOTO)
    shop.work()
    shop.after(shop.task().id, trace_id=OTHER)
    shop.work()
    followed = {event.kind for event in shop.rows(TrailEvent, TrailEvent.trace_id == OTHER)}
    assert followed == {"AfterPhotoStored", "FixSubmitted"}
    assert shop.one(TrailEvent, TrailEvent.kind == "FixVerified").trace_id == PHOTO
