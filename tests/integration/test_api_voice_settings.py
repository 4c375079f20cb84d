"""What happens to recordings, over HTTP: who may say so, what a change would delete, what is left to see."""

import datetime as dt

import httpx
import pytest

from core.events import TrailEvent
from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.world import Shop
from workflows.privacy.dropping import Sweeper
from workflows.visits.model import VoiceNote

VOICE = "/api/v1/settings/voice"
DAY = dt.timedelta(days=1)
KEPT_FOR_EVER = {"keep_days": None, "mask_numbers": True, "version": 0, "late": 0, "unheard_days": 7}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def choice(keep_days: int | None, version: int, *, mask_numbers: bool = True) -> dict[str, object]:
    return {"keep_days": keep_days, "mask_numbers": mask_numbers, "version": version}


def test_who_speaks_may_know_and_headquarters_and_administrators_may_choose(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    for person in ("supervisor", "manager_a", "north_manager", "hq", "admin"):
        assert sign_in(company, person).get(VOICE).json() == KEPT_FOR_EVER
    for person in ("supervisor", "manager_a", "north_manager"):
        asking = sign_in(company, person)
        assert problem(asking.put(VOICE, json=choice(7, 0))) == (403, "access.forbidden")
        assert problem(asking.get(f"{VOICE}/preview", params={"keep_days": 7})) == (403, "access.forbidden")
    assert sign_in(company, "hq").put(VOICE, json=choice(7, 0)).json() == {
        **KEPT_FOR_EVER,
        "keep_days": 7,
        "version": 1,
    }
    assert sign_in(company, "admin").put(VOICE, json=choice(None, 1, mask_numbers=False)).status_code == 200
    assert sign_in(company, "supervisor").get(VOICE).json()["mask_numbers"] is False


def test_a_change_is_in_the_trail_with_what_held_before(shop: Shop, sign_in: SignIn, company: Company) -> None:
    sign_in(company, "hq").put(VOICE, json=choice(30, 0))
    event = shop.one(TrailEvent, TrailEvent.kind == "VoiceSettingsChanged")
    assert (event.actor_name, event.subject_id) == ("hq", company.id)
    assert event.data == {
        "version": 1,
        "before": {"keep_days": None, "mask_numbers": True},
        "after": {"keep_days": 30, "mask_numbers": True},
    }


def test_everybody_sees_that_recordings_are_late_to_go(shop: Shop, sign_in: SignIn, company: Company) -> None:
    shop.note(shop.visit(), "the floor is wet")
    shop.work()
    assert sign_in(company, "hq").put(VOICE, json=choice(0, 0)).json()["late"] == 0
    shop.parts_clock_ticks(dt.timedelta(hours=1))
    for person in ("hq", "manager_b"):  # also who does not see that store's visits
        assert sign_in(company, person).get(VOICE).json()["late"] == 1


def test_of_two_people_who_change_the_same_version_the_second_is_told(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    assert sign_in(company, "hq").put(VOICE, json=choice(30, 0)).status_code == 200
    refused = sign_in(company, "admin").put(VOICE, json=choice(0, 0))
    assert problem(refused) == (409, "voice_settings.stale")
    assert refused.json()["current_version"] == 1
    assert sign_in(company, "hq").put(VOICE, json=choice(30, 0)).json()["version"] == 1  # the answer was lost


@pytest.mark.parametrize("keep_days", [-1, 3651, 1.5, "soon"])
def test_days_that_make_no_sense_are_refused(sign_in: SignIn, company: Company, keep_days: object) -> None:
    body = {"keep_days": keep_days, "mask_numbers": True, "version": 0}
    assert sign_in(company, "hq").put(VOICE, json=body).status_code in (400, 422)


def test_a_person_sees_beforehand_how_many_recordings_go(
    shop: Shop, other_company: Company, sign_in: SignIn, company: Company
) -> None:
    Shop(shop.parts, other_company).note(Shop(shop.parts, other_company).visit(), "of another company")
    for number in range(3):
        shop.note(shop.visit("store_a" if number else "store_c", "hq"), f"note {number}", person="hq")
        shop.work()
        shop.parts_clock_ticks(2 * DAY)
    hq = sign_in(company, "hq")

    def goes(**asked: int) -> int:
        return int(hq.get(f"{VOICE}/preview", params=asked).json()["recordings"])

    assert [goes(), goes(keep_days=30), goes(keep_days=3), goes(keep_days=0)] == [0, 0, 2, 3]
    hq.put(VOICE, json=choice(3, 0))
    assert Sweeper(shop.parts).sweep(shop.parts.clock.now()).dropped == 2
    assert goes(keep_days=3) == 0


def test_a_deleted_recording_is_gone_for_its_link_and_its_note_says_since_when(
    shop: Shop, sign_in: SignIn, company: Company, client: httpx.Client
) -> None:
    visit_id = shop.visit()
    note_id = shop.note(visit_id, "the floor is wet")
    shop.work()
    supervisor = sign_in(company, "supervisor")
    before = supervisor.get(f"/api/v1/voice-notes/{note_id}").json()
    assert client.get(before["audio_url"]).content == b"the floor is wet"
    sign_in(company, "hq").put(VOICE, json=choice(0, 0))
    Sweeper(shop.parts).sweep(shop.parts.clock.now())

    gone = client.get(before["audio_url"])
    assert problem(gone) == (410, "media.audio_dropped")
    assert "deleted" in gone.json()["detail"]
    after = supervisor.get(f"/api/v1/voice-notes/{note_id}").json()
    assert after["audio_url"] is None
    assert dt.datetime.fromisoformat(after["audio_dropped_at"]) == shop.parts.clock.now()
    assert (after["text"], after["issues"]) == (before["text"], before["issues"])
    (shown,) = supervisor.get(f"/api/v1/visits/{visit_id}").json()["voice_notes"]
    assert shown["audio_url"] is None


def test_a_link_opens_as_long_as_one_note_of_the_company_has_the_recording(
    shop: Shop, sign_in: SignIn, company: Company, client: httpx.Client
) -> None:
    notes = [shop.note(shop.visit(), "twice said")]
    shop.work()
    link = sign_in(company, "supervisor").get(f"/api/v1/voice-notes/{notes[0]}").json()["audio_url"]
    shop.note(shop.visit(), "twice said")  # not heard yet
    sign_in(company, "hq").put(VOICE, json=choice(0, 0))
    assert Sweeper(shop.parts).sweep(shop.parts.clock.now()).dropped == 1
    assert shop.one(VoiceNote, VoiceNote.id == notes[0]).audio_dropped_at is not None
    assert client.get(link).status_code == 200


def test_a_company_cannot_hear_what_only_another_one_still_has(
    shop: Shop, other_company: Company, sign_in: SignIn, company: Company, client: httpx.Client
) -> None:
    other = Shop(shop.parts, other_company)
    ours = shop.note(shop.visit(), "said in both")
    other.note(other.visit(), "said in both")
    shop.work()
    link = sign_in(company, "supervisor").get(f"/api/v1/voice-notes/{ours}").json()["audio_url"]
    sign_in(company, "hq").put(VOICE, json=choice(0, 0))
    Sweeper(shop.parts).sweep(shop.parts.clock.now())
    assert problem(client.get(link)) == (410, "media.audio_dropped")
