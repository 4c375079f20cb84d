"""What keeps a photo or note from being analysed: the file, for good; a crash, once it was tried often enough."""

from typing import cast

import msgspec
import pytest

from core import paging
from core.jobs import Job
from speech.errors import DecoderDied
from speech.transcriber import Transcriber
from speech.transcript import Transcript
from tests.integration.workflows.world import HOUR, FakeTranscriber, Shop, jpeg
from workflows import desk
from workflows.visits.model import Photo, VoiceNote


class Mortal(FakeTranscriber):
    """Its decoder dies the first few times."""

    def __init__(self, deaths: int) -> None:
        super().__init__()
        self.deaths = deaths

    def transcribe(self, data: bytes, languages: tuple[str, ...], expected: str | None = None) -> Transcript:
        self.deaths -= 1
        if self.deaths >= 0:
            raise DecoderDied
        return super().transcribe(data, languages, expected)


def with_a_mortal_decoder(shop: Shop, deaths: int) -> None:
    shop.tools = msgspec.structs.replace(shop.tools, transcriber=cast("Transcriber", Mortal(deaths)))


def work_for_hours(shop: Shop) -> None:
    for _ in range(10):
        shop.work()
        shop.parts_clock_ticks(HOUR)


def test_a_note_whose_decoding_died_once_is_heard_the_next_time(shop: Shop) -> None:
    with_a_mortal_decoder(shop, 1)
    note_id = shop.note(shop.visit(), "nothing special")
    shop.work()
    note, job = shop.one(VoiceNote, VoiceNote.id == note_id), shop.one(Job, Job.kind == "hear")
    assert (note.state, note.problem) == ("stored", None)
    assert (job.state, job.attempts) == ("ready", 1)
    work_for_hours(shop)
    assert shop.one(VoiceNote).state == "transcribed"


def test_a_note_whose_decoding_always_dies_fails_visibly_and_can_be_run_again(shop: Shop) -> None:
    attempts = shop.parts.settings.job_attempts
    with_a_mortal_decoder(shop, attempts)
    shop.note(shop.visit(), "nothing special")
    work_for_hours(shop)
    job = shop.one(Job, Job.kind == "hear")
    assert (shop.one(VoiceNote).state, job.state, job.attempts) == ("failed", "dead", attempts)
    with shop.parts.database.transaction(shop.caller("admin")) as session:
        (listed,) = desk.list_jobs(session, paging.PageRequest(limit=10), state="dead").items
        desk.rerun(session, shop.parts.clock.now(), listed.id, listed.version)
    assert "audio.decoder_died" in str(listed.last_error)
    work_for_hours(shop)
    assert shop.one(VoiceNote).state == "transcribed"


@pytest.mark.parametrize(("spare", "state"), [(0, "analysed"), (-1, "unreadable")])
def test_the_limit_of_an_installation_is_the_one_its_worker_keeps(shop: Shop, spare: int, state: str) -> None:
    content = jpeg()
    settings = msgspec.structs.replace(shop.parts.settings, max_photo_bytes=len(content) + spare)
    shop.tools = msgspec.structs.replace(shop.tools, parts=msgspec.structs.replace(shop.parts, settings=settings))
    shop.photo(shop.visit(), content)
    shop.work()
    assert shop.one(Photo).state == state
