"""A note whose text could not be read keeps that text, says so, and is read again when somebody asks."""

import uuid

import msgspec
import pytest

from core import migrate
from core.errors import Forbidden, NotFound
from core.jobs import Job
from tests.builders import Company
from tests.integration.workflows.test_notes import EMPTY, FLOOR, STOCK, WET, correct, note, open_issues, standing
from tests.integration.workflows.world import FailingReader, Shop, at_once
from workflows import desk
from workflows.issues.model import Finding
from workflows.notes import service
from workflows.notes.reading import NOT_READ
from workflows.visits.model import Visit, VoiceNote
from workflows.visits.views import visit_detail


def failing(shop: Shop, times: int = 1) -> FailingReader:
    """The shop's reader from now on: it fails so often, and reads well after that."""
    assert shop.tools.notes is not None
    reader = FailingReader(shop.tools.notes, times)
    shop.tools = msgspec.structs.replace(shop.tools, notes=reader)
    return reader


def read_again(shop: Shop, note_id: uuid.UUID, person: str = "supervisor", *, work: bool = True) -> None:
    with shop.parts.database.transaction(shop.caller(person)) as session:
        service.read_again(session, shop.parts.clock.now(), note_id)
    if work:
        shop.work()


def row(shop: Shop, note_id: uuid.UUID) -> VoiceNote:
    return shop.one(VoiceNote, VoiceNote.id == note_id)


def jobs_of(shop: Shop, kind: str) -> list[str]:
    return [job.state for job in shop.rows(Job, Job.kind == kind, order=Job.created_at)]


def test_what_was_heard_is_kept_when_reading_it_fails(shop: Shop) -> None:
    failing(shop)
    note_id = note(shop, WET)
    kept = row(shop, note_id)
    assert (kept.state, kept.problem, kept.unread, kept.read_by) == ("transcribed", None, NOT_READ, None)
    assert standing(shop, note_id).text == WET
    assert (jobs_of(shop, "hear"), jobs_of(shop, "read_note")) == (["done"], ["dead"])
    assert shop.count(Finding) == 0


def test_read_again_it_has_its_issues_and_is_not_heard_again(shop: Shop) -> None:
    failing(shop)
    note_id = note(shop, WET)
    read_again(shop, note_id)
    assert (row(shop, note_id).unread, row(shop, note_id).read_by) == (None, "rules")
    assert open_issues(shop) == {FLOOR}
    assert (jobs_of(shop, "hear"), jobs_of(shop, "read_note")) == (["done"], ["done"])


def test_a_corrected_text_that_cannot_be_read_does_not_wait_for_ever(shop: Shop) -> None:
    note_id = note(shop, WET)
    failing(shop)
    correct(shop, note_id, EMPTY)
    assert row(shop, note_id).unread == NOT_READ
    assert open_issues(shop) == {FLOOR}  # what was read before stays until something else is
    read_again(shop, note_id)
    assert row(shop, note_id).unread is None
    assert open_issues(shop) == {STOCK}


def test_a_further_correction_is_read_as_if_nothing_had_been(shop: Shop) -> None:
    failing(shop)
    note_id = note(shop, WET)
    correct(shop, note_id, EMPTY)
    assert row(shop, note_id).unread is None
    assert open_issues(shop) == {STOCK}


def test_running_the_job_again_from_the_list_of_jobs_is_the_same(shop: Shop) -> None:
    failing(shop)
    note_id = note(shop, WET)
    (job,) = shop.rows(Job, Job.kind == "read_note")
    with shop.parts.database.transaction(shop.caller("admin")) as session:
        desk.rerun(session, shop.parts.clock.now(), job.id, job.version)
    assert row(shop, note_id).unread is None
    shop.work()
    assert open_issues(shop) == {FLOOR}


def test_asked_for_twice_it_is_read_once(shop: Shop) -> None:
    failing(shop)
    note_id = note(shop, WET)
    assert at_once(*(lambda: read_again(shop, note_id, work=False),) * 2) == [None, None]
    shop.work()
    read_again(shop, note_id)
    assert jobs_of(shop, "read_note") == ["done"]
    assert shop.count(Finding) == 1


def test_an_older_job_that_dies_late_does_not_mark_what_was_read_since(shop: Shop) -> None:
    reader = failing(shop, 2)
    note_id = note(shop, WET)
    correct(shop, note_id, EMPTY)  # fails as well
    reader.times = 0
    correct(shop, note_id, WET)
    reader.times = 1
    for job in shop.rows(Job, Job.kind == "read_note", Job.state == "dead"):
        with shop.parts.database.transaction(shop.caller("admin")) as session:
            desk.rerun(session, shop.parts.clock.now(), job.id, job.version)
    shop.work()
    assert (row(shop, note_id).unread, reader.times) == (None, 1)


def test_a_visit_whose_note_was_not_read_comes_to_an_end(shop: Shop) -> None:
    failing(shop)
    visit_id = shop.visit()
    shop.note(visit_id, WET)
    shop.submit(visit_id)
    shop.work()
    with shop.parts.database.snapshot(shop.caller("supervisor")) as session:
        visit = session.get_one(Visit, visit_id)
        shown = visit_detail(session, visit, lambda sha256: sha256)
    assert shown.progress.complete
    assert (shown.voice_notes[0].unread, shown.voice_notes[0].text) == (NOT_READ, WET)


@pytest.mark.parametrize(("person", "error"), [("manager_a", Forbidden), ("south_supervisor", NotFound)])
def test_who_may_have_it_read_again(shop: Shop, person: str, error: type[Exception]) -> None:
    failing(shop)
    note_id = note(shop, WET)
    with pytest.raises(error):
        read_again(shop, note_id, person)
    assert jobs_of(shop, "read_note") == ["dead"]


def test_another_company_has_nothing_read(shop: Shop, other_company: Company) -> None:
    failing(shop)
    note_id = note(shop, WET)
    caller = other_company.caller(shop.parts, "hq")
    with pytest.raises(NotFound), shop.parts.database.transaction(caller) as session:
        service.read_again(session, shop.parts.clock.now(), note_id)


def test_a_finding_names_who_read_it_from_the_first_reading_on(shop: Shop) -> None:
    note_id = note(shop, WET)
    assert shop.one(Finding).model == "rules"
    assert standing(shop, note_id).reading.model == "rules"
    heard = standing(shop, note_id).heard
    assert heard is not None
    assert heard.transcript.model == "fake whisper 1"


def test_a_database_of_before_tells_of_readings_that_died_and_of_those_by_nobody_knows_whom(shop: Shop) -> None:
    read = note(shop, WET)
    died = note(shop, f"{WET}.")
    failing(shop)
    correct(shop, died, EMPTY)
    engine = shop.parts.database.engine
    with engine.begin() as raw:
        for column in ("read_by", "unread"):
            raw.exec_driver_sql(f"ALTER TABLE voice_note DROP COLUMN {column}")
        raw.exec_driver_sql("ALTER TABLE note_correction DROP COLUMN polarity")
        raw.exec_driver_sql("UPDATE alembic_version SET version_num = '0010'")
    migrate.upgrade(engine)
    assert [row(shop, id_).read_by for id_ in (read, died)] == ["unknown", "unknown"]
    assert [row(shop, id_).unread for id_ in (read, died)] == [None, NOT_READ]
