"""Recordings go when their time has come and not before; numbers of persons are never written down."""

import datetime as dt
import re
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from core import jobs, paging
from core.caller import installation
from core.errors import Conflict, Invalid, StaleVersion
from core.events import TrailEvent
from core.hashing import sha256_of
from core.ids import new_id
from core.parts import Parts
from core.storage import BlobStore
from core.storage.protocol import StorageUnavailable
from core.text import Text
from storepatrol.tables import metadata
from tests.builders import Company
from tests.integration.workflows.test_media_limits import with_a_mortal_decoder, work_for_hours
from tests.integration.workflows.world import Shop, at_once
from workflows import desk
from workflows.campaigns.model import Campaign, CampaignArtwork
from workflows.notes import service as notes
from workflows.privacy import dropping, service
from workflows.privacy.dropping import REFERENCES, Sweep, Sweeper
from workflows.privacy.policy import UNHEARD_STAYS, Keeping
from workflows.timer import Timer
from workflows.uploads.service import create
from workflows.visits.media import MediaTarget
from workflows.visits.model import VoiceNote
from workflows.vocabulary import service as vocabulary

DAY = dt.timedelta(days=1)
SAID = "the floor is wet"


def choose(shop: Shop, keep_days: int | None, *, mask_numbers: bool = True, person: str = "hq") -> None:
    with shop.parts.database.transaction(shop.caller(person)) as session:
        version = service.chosen(session).version
        service.choose(session, shop.parts.clock.now(), Keeping(keep_days, mask_numbers), version)


def sweep(shop: Shop) -> int:
    return Sweeper(shop.parts).sweep(shop.parts.clock.now()).dropped


def heard_note(shop: Shop, said: str = SAID) -> VoiceNote:
    note_id = shop.note(shop.visit(), said)
    shop.work()
    return the_note(shop, note_id)


def the_note(shop: Shop, note_id: uuid.UUID) -> VoiceNote:
    return shop.one(VoiceNote, VoiceNote.id == note_id)


def is_stored(shop: Shop, said: str = SAID) -> bool:
    return shop.parts.blobs.stat(sha256_of(said.encode())) is not None


def dropped(shop: Shop, note_id: uuid.UUID) -> bool:
    return the_note(shop, note_id).audio_dropped_at is not None


def told(shop: Shop) -> list[TrailEvent]:
    return shop.rows(TrailEvent, TrailEvent.kind == "AudioDropped")


# --- when


def test_recordings_stay_for_ever_where_nobody_chose(shop: Shop) -> None:
    heard_note(shop)
    shop.parts_clock_ticks(3650 * DAY)
    assert sweep(shop) == 0
    assert is_stored(shop)


def test_a_recording_goes_after_its_days_and_what_was_heard_stays(shop: Shop) -> None:
    note = heard_note(shop)
    choose(shop, 30)
    shop.parts_clock_ticks(30 * DAY - dt.timedelta(seconds=1))
    assert sweep(shop) == 0
    shop.parts_clock_ticks(dt.timedelta(seconds=2))
    Timer(shop.parts).tick()
    after = the_note(shop, note.id)
    assert after.audio_dropped_at == shop.parts.clock.now()
    assert (after.state, after.transcript, after.heard) == (note.state, note.transcript, note.heard)
    assert not is_stored(shop)
    (event,) = told(shop)
    assert (event.subject_id, event.actor_kind, event.data) == (
        note.id,
        "system",
        {"keep_days": 30, "content_stays": False},
    )
    assert event.why == Text("公司设置: 录音保存 30 天", "The company keeps recordings for 30 days")


def test_sweeping_again_does_nothing(shop: Shop) -> None:
    heard_note(shop)
    choose(shop, 0)
    assert [sweep(shop), sweep(shop)] == [1, 0]
    assert len(told(shop)) == 1


def test_a_recording_that_is_kept_until_it_is_transcribed_goes_then_and_not_before(shop: Shop) -> None:
    choose(shop, 0)
    note_id = shop.note(shop.visit(), SAID)
    assert sweep(shop) == 0
    shop.work()
    assert sweep(shop) == 1
    assert the_note(shop, note_id).state == "transcribed"
    assert not is_stored(shop)


def test_a_note_that_waits_for_a_worker_stays_however_long_that_takes(shop: Shop) -> None:
    choose(shop, 1)
    shop.note(shop.visit(), SAID)
    shop.parts_clock_ticks(60 * DAY)
    assert sweep(shop) == 0
    shop.work()
    assert sweep(shop) == 1


@pytest.mark.parametrize(("keep_days", "stays"), [(0, UNHEARD_STAYS), (3, UNHEARD_STAYS), (30, 30 * DAY)])
def test_a_recording_that_could_not_be_heard_stays_for_a_person_to_run_it_again(
    shop: Shop, keep_days: int, stays: dt.timedelta
) -> None:
    choose(shop, keep_days)
    unreadable = shop.note(shop.visit(), "!" + SAID)
    stored_at = the_note(shop, unreadable).stored_at
    shop.work()
    assert the_note(shop, unreadable).state == "unreadable"
    shop.parts_clock_ticks(stored_at + stays - shop.parts.clock.now() - dt.timedelta(seconds=1))
    assert sweep(shop) == 0
    shop.parts_clock_ticks(dt.timedelta(seconds=1))
    assert sweep(shop) == 1


def test_a_failed_note_can_be_run_again_until_its_recording_is_deleted(shop: Shop) -> None:
    choose(shop, 0)
    with_a_mortal_decoder(shop, 99)
    note_id = shop.note(shop.visit(), SAID)
    work_for_hours(shop)
    assert the_note(shop, note_id).state == "failed"
    assert sweep(shop) == 0
    shop.parts_clock_ticks(UNHEARD_STAYS)
    assert sweep(shop) == 1
    with pytest.raises(Conflict) as refused:
        run_again(shop)
    assert refused.value.code == "note.audio_dropped"
    assert the_note(shop, note_id).state == "failed"
    assert shop.one(jobs.Job, jobs.Job.kind == "hear").state == "dead"


def test_a_failed_note_that_is_run_again_is_not_deleted_under_the_workers_hands(shop: Shop) -> None:
    choose(shop, 0)
    with_a_mortal_decoder(shop, shop.parts.settings.job_attempts)
    note_id = shop.note(shop.visit(), SAID)
    work_for_hours(shop)
    run_again(shop)
    shop.parts_clock_ticks(UNHEARD_STAYS)
    assert sweep(shop) == 0
    shop.work()
    assert the_note(shop, note_id).state == "transcribed"
    assert sweep(shop) == 1


def run_again(shop: Shop) -> None:
    with shop.parts.database.transaction(shop.caller("admin")) as session:
        (dead,) = desk.list_jobs(session, paging.PageRequest(limit=10), state="dead").items
        desk.rerun(session, shop.parts.clock.now(), dead.id, dead.version)


def test_a_longer_period_chosen_before_the_sweep_counts(shop: Shop) -> None:
    heard_note(shop)
    choose(shop, 1)
    shop.parts_clock_ticks(2 * DAY)
    choose(shop, None)
    assert sweep(shop) == 0


# --- whose


def test_another_companys_choice_touches_nothing_here(shop: Shop, other_company: Company) -> None:
    other = Shop(shop.parts, other_company)
    heard_note(shop)
    mine = heard_note(other, "and here as well")
    choose(other, 0)
    assert sweep(shop) == 1
    assert is_stored(shop)
    assert dropped(other, mine.id)


def test_content_that_another_company_has_too_stays_until_the_last_one_drops_it(
    shop: Shop, other_company: Company
) -> None:
    other = Shop(shop.parts, other_company)
    ours, theirs = heard_note(shop), heard_note(other)
    choose(shop, 0)
    assert sweep(shop) == 1
    assert (dropped(shop, ours.id), dropped(other, theirs.id), is_stored(shop)) == (True, False, True)
    choose(other, 0)
    assert sweep(shop) == 1
    assert not is_stored(shop)


@pytest.fixture
def everything(shop: Shop) -> Shop:
    """A photo, an after photo with its check, and a campaign's artwork."""
    shop.after(shop.open_task().id)
    shop.work()
    now, any_sha = shop.parts.clock.now(), "0" * 64
    with shop.parts.database.transaction(shop.company.system()) as session:
        campaign = Campaign(
            id=new_id(), company_id=shop.company.id, name=Text("十一月", "November"), kind="poster",
            starts=now.date(), ends=now.date(), created_at=now, version=1,
        )  # fmt: skip
        session.add(campaign)
        session.flush()
        session.add(
            CampaignArtwork(
                id=new_id(), company_id=shop.company.id, campaign_id=campaign.id, sha256=any_sha, size=1,
                media_type="image/png", width=1, height=1, thumb_sha256=any_sha, display_sha256=any_sha,
                features=b"", feature_count=0, extractor="-", added_at=now,
            )
        )  # fmt: skip
    return shop


@pytest.mark.parametrize("column", REFERENCES, ids=str)
def test_content_that_something_else_needs_stays(everything: Shop, column: Any) -> None:
    shop, note = everything, heard_note(everything)
    with shop.parts.database.transaction(shop.company.system()) as session:
        session.execute(sa.update(column.class_).values({column: note.sha256}))
    choose(shop, 0)
    assert sweep(shop) == 1
    assert is_stored(shop)
    assert told(shop)[0].data["content_stays"] is True


def test_every_column_that_may_name_a_content_is_asked_before_one_is_deleted() -> None:
    named = {f"{table.name}.{c.name}" for table in metadata.tables.values() for c in table.c if "sha256" in c.name}
    asked = {f"{column.class_.__tablename__}.{column.key}" for column in REFERENCES} | {"voice_note.sha256"}
    no_need = {
        "stored_file.sha256",  # what kind of file a content is, kept when it has gone
        "upload.sha256",  # that an upload is complete
        "price_list_version.sha256",  # the fingerprint of a table, which is not stored as a file
    }
    assert named - no_need == asked


def test_every_such_column_has_an_index() -> None:
    for column in (*REFERENCES, VoiceNote.sha256):
        firsts = {next(iter(index.columns)).name for index in column.class_.__table__.indexes}
        assert column.key in firsts, str(column)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sweep_reads_what_is_due_and_no_table_as_a_whole(shop: Shop) -> None:
    heard_note(shop)
    choose(shop, 30)
    shop.parts_clock_ticks(31 * DAY)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, values))

    sa.event.listen(shop.parts.database.engine, "before_cursor_execute", note)
    assert sweep(shop) == 1
    sa.event.remove(shop.parts.database.engine, "before_cursor_execute", note)
    with shop.parts.database.engine.connect() as connection:
        plans = [
            str(row[3])
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert any("ix_voice_note_audio" in plan for plan in plans)
    scans = {plan for plan in plans if plan.startswith("SCAN")} - {"SCAN CONSTANT ROW"}
    assert scans == {"SCAN voice_settings"}  # one row for each company


# --- what may go wrong


class DyingStore:
    """Deletes, and then the process dies before the row can say so."""

    def __init__(self, store: BlobStore, *, deletes: bool) -> None:
        self.store, self.deletes = store, deletes

    def delete(self, sha256: str) -> None:
        if self.deletes:
            self.store.delete(sha256)
        raise StorageUnavailable("test")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.mark.parametrize("deletes", [True, False])
def test_a_crash_between_the_content_and_the_row_is_made_good_by_the_next_sweep(shop: Shop, deletes: bool) -> None:
    note = heard_note(shop)
    choose(shop, 0)
    dying: Any = DyingStore(shop.parts.blobs, deletes=deletes)
    parts = msgspec.structs.replace(shop.parts, blobs=dying)
    assert Sweeper(parts).sweep(shop.parts.clock.now()) == Sweep(dropped=0, failed=1)
    assert not dropped(shop, note.id)
    assert told(shop) == []
    assert sweep(shop) == 1
    assert dropped(shop, note.id)
    assert not is_stored(shop)
    assert len(told(shop)) == 1


def test_a_disk_that_is_not_mounted_is_not_taken_for_a_recording_that_has_gone(shop: Shop, tmp_path: Path) -> None:
    note = heard_note(shop)
    choose(shop, 0)
    mount, away = tmp_path / "data" / "blobs", tmp_path / "data" / "unmounted"
    mount.rename(away)
    assert sweep(shop) == 0
    away.rename(mount)
    assert not dropped(shop, note.id)
    assert sweep(shop) == 1
    assert not is_stored(shop)


class StubbornStore:
    """Will not delete these; counts how often it was asked to."""

    def __init__(self, store: BlobStore, *kept: str) -> None:
        self.store, self.kept, self.asked = store, {sha256_of(said.encode()) for said in kept}, 0

    def delete(self, sha256: str) -> None:
        self.asked += 1
        if sha256 in self.kept:
            raise StorageUnavailable("this one is held")
        self.store.delete(sha256)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def stubborn(shop: Shop, *kept: str) -> tuple[Sweeper, Any]:
    store: Any = StubbornStore(shop.parts.blobs, *kept)
    return Sweeper(msgspec.structs.replace(shop.parts, blobs=store)), store


def heard_one_by_one(shop: Shop, *spoken: str) -> None:
    visit_id = shop.visit()
    for said in spoken:
        shop.note(visit_id, said)
        shop.parts_clock_ticks(dt.timedelta(seconds=1))
    shop.work()


def test_one_recording_that_cannot_be_deleted_holds_up_no_other_and_is_tried_again_later(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    heard_one_by_one(shop, "held", "the second", "the third")
    choose(shop, 0)
    sweeper, store = stubborn(shop, "held")
    now = shop.parts.clock.now()
    assert sweeper.sweep(now) == Sweep(dropped=2, failed=1)
    assert str(shop.one(VoiceNote, VoiceNote.audio_dropped_at.is_(None)).id) in "".join(capfd.readouterr())
    assert sweeper.sweep(now + dropping.TRIED_AGAIN_AFTER / 2) == Sweep(0, 0)
    assert store.asked == 3
    store.kept.clear()
    assert sweeper.sweep(now + dropping.TRIED_AGAIN_AFTER) == Sweep(dropped=1, failed=0)


def test_old_ones_that_cannot_be_deleted_do_not_take_the_turn_of_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropping, "SWEPT_AT_ONCE", 4)
    held = [f"held {number}" for number in range(5)]
    heard_one_by_one(shop, *held, "free one", "free two")
    choose(shop, 0)
    sweeper, _ = stubborn(shop, *held)
    now = shop.parts.clock.now()
    swept = [sweeper.sweep(now) for _ in range(3)]
    assert sum(one.dropped for one in swept) == 2
    assert not is_stored(shop, "free one")
    assert not is_stored(shop, "free two")
    shop.parts.blobs.check()
    assert sweep(shop) == 4  # what the store deletes again goes, as many as are swept at once


def test_a_store_that_refuses_everything_is_not_asked_two_hundred_times(shop: Shop) -> None:
    spoken = [f"said {number}" for number in range(6)]
    heard_one_by_one(shop, *spoken)
    choose(shop, 0)
    sweeper, store = stubborn(shop, *spoken)
    assert sweeper.sweep(shop.parts.clock.now()) == Sweep(dropped=0, failed=dropping.MOST_IN_A_ROW)
    assert store.asked == dropping.MOST_IN_A_ROW
    assert sweeper.sweep(shop.parts.clock.now()) == Sweep(0, 3)  # the others


def test_a_company_whose_recordings_cannot_be_deleted_does_not_hold_up_another(
    shop: Shop, other_company: Company
) -> None:
    other = Shop(shop.parts, other_company)
    held = [f"held {number}" for number in range(5)]
    heard_one_by_one(shop, *held)
    heard_one_by_one(other, "free")
    choose(shop, 0)
    choose(other, 0)
    sweeper, _ = stubborn(shop, *held)
    sweeper.sweep(shop.parts.clock.now())
    assert not is_stored(shop, "free")


def test_people_are_told_of_recordings_that_are_still_there_an_hour_after_their_time(shop: Shop) -> None:
    def late() -> int:
        with shop.parts.database.snapshot(shop.company.system()) as session:
            return service.late(session, shop.parts.clock.now())

    heard_note(shop)
    choose(shop, 0)
    assert late() == 0  # the next sweep has not been yet
    shop.parts_clock_ticks(service.LATE_AFTER)
    assert late() == 1
    assert sweep(shop) == 1
    assert late() == 0


def test_two_timers_at_once_delete_each_recording_once_and_leave_no_content(shop: Shop) -> None:
    for _ in range(3):
        heard_note(shop)  # the same content three times
    choose(shop, 0)
    done = at_once(*(lambda: sweep(shop) for _ in range(3)))
    assert sum(count for count in done if isinstance(count, int)) == 3, done
    assert len(told(shop)) == 3
    assert not is_stored(shop)


def test_the_last_two_with_one_content_dropped_at_once_do_not_leave_it_to_each_other(shop: Shop) -> None:
    visit_id, pairs = shop.visit(), 8
    notes = [shop.note(visit_id, f"said twice {number // 2}") for number in range(2 * pairs)]
    shop.work()
    choose(shop, 0)
    due = [
        dropping.Recording(note.id, note.company_id, note.sha256, note.stored_at)
        for note in map(partial(the_note, shop), notes)
    ]
    now = shop.parts.clock.now()
    for number in range(pairs):
        pair = (partial(dropping._drop, shop.parts, now, due[2 * number + which]) for which in (0, 1))
        assert at_once(*pair) == [True, True]
    assert [number for number in range(pairs) if is_stored(shop, f"said twice {number}")] == []


def test_a_phone_that_sends_a_deleted_recording_again_is_told_that_it_has_arrived(shop: Shop) -> None:
    note = heard_note(shop)
    choose(shop, 0)
    sweep(shop)
    ids = {"id": str(note.id), "visit_id": str(note.visit_id), "sha256": note.sha256, "kind": "voice"}
    again = create(shop.parts, shop.caller("supervisor"), note.size, {**ids, "filename": "note.ogg"})
    assert again.finished
    assert not is_stored(shop)


def test_a_recording_that_comes_back_by_an_upload_begun_before_is_deleted_once_more(shop: Shop) -> None:
    note = heard_note(shop)
    choose(shop, 0)
    sweep(shop)
    shop._media(MediaTarget("voice", note.id, visit_id=note.visit_id), SAID.encode())
    assert is_stored(shop)
    assert sweep(shop) == 1
    assert not is_stored(shop)


# --- the choice itself


def test_the_choice_of_two_people_at_once_holds_once(shop: Shop) -> None:
    def put(keep_days: int, person: str) -> int:
        with shop.parts.database.transaction(shop.caller(person)) as session:
            return service.choose(session, shop.parts.clock.now(), Keeping(keep_days), 0).version

    done = at_once(lambda: put(7, "hq"), lambda: put(30, "admin"))
    assert sorted(type(one) for one in done if not isinstance(one, int)) == [StaleVersion]
    assert done.count(1) == 1
    with shop.parts.database.snapshot(shop.company.system()) as session:
        assert service.chosen(session).version == 1
    assert shop.count(TrailEvent, TrailEvent.kind == "VoiceSettingsChanged") == 1


def test_the_same_choice_sent_again_changes_nothing(shop: Shop) -> None:
    with shop.parts.database.transaction(shop.caller("hq")) as session:
        first = service.choose(session, shop.parts.clock.now(), Keeping(7), 0)
        assert service.choose(session, shop.parts.clock.now(), Keeping(7), 0) == first
        assert service.choose(session, shop.parts.clock.now(), Keeping(7), 1) == first
    assert shop.count(TrailEvent, TrailEvent.kind == "VoiceSettingsChanged") == 1


@pytest.mark.parametrize("keep_days", [-1, 3651])
def test_days_that_make_no_sense_are_refused(shop: Shop, keep_days: int) -> None:
    with pytest.raises(Invalid):
        choose(shop, keep_days)


# --- numbers


PERSONAL = ("13800138000", "11010519491231002X", "4111111111111111", "zhang.san@example.com")
TOLD = "the floor is wet, call 13800138000, card 4111111111111111, id 11010519491231002X, zhang.san@example.com"


def everything_written(parts: Parts) -> str:
    with parts.database.snapshot(installation()) as session:
        rows = [row for table in metadata.sorted_tables for row in session.execute(sa.select(table))]
    return repr(rows)


def test_numbers_of_persons_are_written_down_nowhere(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    visit_id = shop.visit()
    note_id = shop.note(visit_id, TOLD)
    shop.work()
    shop.submit(visit_id)
    shop.work()
    note = the_note(shop, note_id)
    assert note.transcript is not None
    assert note.transcript["text"].startswith("the floor is wet, call •••••••••••, card")
    assert note.transcript["segments"][0]["text"] == note.transcript["text"]
    assert note.heard_count > 0  # or there would be no finding to look into
    written, logged = everything_written(shop.parts), "".join(capfd.readouterr())
    assert str(note_id) in written
    assert str(note_id) in logged
    for number in PERSONAL:
        assert number not in written
        assert number not in logged


def test_a_number_that_only_a_word_tells_is_nowhere_in_words_corrections_and_what_people_wrote(shop: Shop) -> None:
    with shop.parts.database.transaction(shop.caller("hq")) as session:
        term = vocabulary.NewTerm("product", "云麓高山酸奶")
        vocabulary.put(session, shop.parts.clock.now(), new_id(), term)
    visit_id = shop.visit()
    note_id = shop.note(visit_id, "云路高山酸乃缺货了|，电话|6234|5678|，地面|湿滑")
    shop.work()
    with shop.parts.database.transaction(shop.caller("supervisor")) as session:
        text = "云麓高山酸奶缺货了，电话是六二三四，五六七八"
        notes.correct_text(session, shop.parts.clock.now(), note_id, new_id(), 0, text)
    shop.work()
    kept = the_note(shop, note_id).transcript
    assert kept is not None
    assert [word["text"] for word in kept["segments"][0]["words"]][2:4] == ["••••", "••••"]
    assert kept["heard"] == "云路高山酸乃缺货了，电话••••••••，地面湿滑"
    assert kept["text"] == "云麓高山酸奶缺货了，电话••••••••，地面湿滑"
    assert [one["heard"] for one in kept["corrections"]] == ["云路高山酸乃"]
    written = everything_written(shop.parts)
    assert "电话是••••，••••" in written
    for number in ("6234", "5678", "62345678", "六二三四", "五六七八"):
        # An id, a hash or a moment may hold four such figures by chance, within more of them.
        assert not re.search(rf"(?<![0-9a-f-]){number}(?![0-9a-f-])", written)


def test_a_company_that_wants_numbers_as_they_were_said_gets_them(shop: Shop) -> None:
    choose(shop, None, mask_numbers=False)
    note = heard_note(shop, TOLD)
    assert note.transcript is not None
    assert note.transcript["text"] == TOLD


def test_a_note_of_another_company_is_masked_by_its_own_choice(shop: Shop, other_company: Company) -> None:
    choose(shop, None, mask_numbers=False)
    note = heard_note(Shop(shop.parts, other_company), TOLD)
    assert note.transcript is not None
    assert PERSONAL[0] not in note.transcript["text"]
