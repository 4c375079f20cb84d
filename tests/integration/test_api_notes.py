"""Corrections of voice notes and their export over HTTP, and the command that writes them."""

import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.hashing import sha256_of
from core.ids import new_id
from core.parts import Parts
from reports import note_corrections
from speech.notes import LONGEST_NOTE
from speech.transcript import EMPTY_REASONS
from storepatrol.cli import main
from tests.builders import Company
from tests.integration.databases import SECRET, SignIn
from tests.integration.workflows.test_notes import EMPTY, FLOOR, STOCK, UNSURE, WET, correct, note, say
from tests.integration.workflows.test_notes_unread import failing
from tests.integration.workflows.world import Shop, queries_of
from workflows.visits.live import look as live_look
from workflows.visits.model import VoiceNote

NOTES, EXPORT = "/api/v1/voice-notes", "/api/v1/notes/export"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def answer_to(shown: dict[str, Any], verdict: str, **more: Any) -> dict[str, Any]:
    issue_id = shown["issues"][0]["id"]
    return {"id": str(new_id()), "version": shown["version"], "issue_id": issue_id, "verdict": verdict, **more}


def test_a_note_tells_from_which_second_on_everything_was_said(shop: Shop, sign_in: SignIn, company: Company) -> None:
    note_id = note(shop, f"{EMPTY}. {WET}")
    shown = sign_in(company, "supervisor").get(f"{NOTES}/{note_id}").json()
    assert [(issue["said"], issue["state"], issue["polarity"]) for issue in shown["issues"]] == [
        (EMPTY, "proposed", "problem"), (WET, "proposed", "problem"),
    ]  # fmt: skip
    first, second = shown["issues"]
    assert 0 == first["start"] < first["end"] <= second["start"] < second["end"] == 2.0
    assert [one["text"] for one in shown["statements"]] == [f"{EMPTY}.", WET]
    assert shown["statements"][1]["start"] == second["start"]
    assert (shown["version"], shown["may_correct"], shown["heard_text"]) == (0, True, shown["text"])
    assert first["issue_id"]


def test_the_visit_shows_the_same_note(shop: Shop, sign_in: SignIn, company: Company) -> None:
    note_id = note(shop, WET)
    client = sign_in(company, "manager_a")
    shown = client.get(f"{NOTES}/{note_id}").json()
    (of_visit,) = client.get(f"/api/v1/visits/{shown['visit_id']}").json()["voice_notes"]
    assert {**of_visit, "audio_url": ""} == {**shown, "audio_url": ""}
    assert shown["may_correct"] is False


def test_a_note_without_words_says_why_in_both_languages(shop: Shop, sign_in: SignIn, company: Company) -> None:
    client = sign_in(company, "supervisor")
    for reason, words in EMPTY_REASONS.items():
        shown = client.get(f"{NOTES}/{note(shop, f'?{reason}')}").json()
        assert (shown["text"] or "", shown["why_empty"]) == ("", {"zh": words.zh, "en": words.en})
    assert client.get(f"{NOTES}/{note(shop, WET)}").json()["why_empty"] is None


def test_a_note_nobody_could_hear_is_no_failure_once_it_was_typed(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    client, note_id = sign_in(company, "supervisor"), note(shop, "!noise")
    visit_id = client.get(f"{NOTES}/{note_id}").json()["visit_id"]

    def failed() -> tuple[int, int]:
        with shop.parts.database.snapshot(shop.caller("supervisor")) as session:
            live = live_look(session, [uuid.UUID(visit_id)])[uuid.UUID(visit_id)].failed
        return client.get(f"/api/v1/visits/{visit_id}").json()["progress"]["failed"], live

    assert failed() == (1, 1)
    correct(shop, note_id, WET)
    assert failed() == (0, 0)


def test_from_a_question_to_an_answer_and_back(shop: Shop, sign_in: SignIn, company: Company) -> None:
    note_id = note(shop, UNSURE)
    client, url = sign_in(company, "supervisor"), f"{NOTES}/{note_id}"
    shown = client.get(url).json()
    assert (shown["issues"][0]["state"], shown["issues"][0]["issue_id"]) == ("asked", None)
    body = answer_to(shown, "yes")
    answered = client.post(f"{url}/answer", json=body)
    assert answered.status_code == 200, answered.text
    assert answered.json()["issues"][0]["answer"]["by"] == "supervisor"
    assert client.post(f"{url}/answer", json=body).json()["version"] == 1
    shop.work()
    shown = client.get(url).json()
    assert (shown["issues"][0]["state"], bool(shown["issues"][0]["issue_id"])) == ("confirmed", True)
    other = client.post(f"{url}/answer", json=answer_to(shown, "other", checkpoint=FLOOR)).json()
    assert other["issues"][0]["answer"]["title"]["en"]
    fine = client.post(f"{url}/answer", json=answer_to(other, "other", polarity="ok")).json()
    assert fine["issues"][0]["answer"] == {**fine["issues"][0]["answer"], "checkpoint": None, "polarity": "ok"}
    assert fine["issues"][0]["polarity"] == "problem"


def test_the_second_of_two_is_told_the_version_and_finds_the_others_word(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    note_id = note(shop, WET)
    url, text = f"{NOTES}/{note_id}", {"id": str(new_id()), "version": 0, "text": EMPTY}
    assert sign_in(company, "hq").post(f"{url}/text", json=text).json()["rereading"] is True
    refused = sign_in(company, "supervisor").post(f"{url}/text", json=text | {"id": str(new_id()), "text": "x"})
    assert problem(refused) == (409, "note.stale")
    assert refused.json()["current_version"] == 1
    shop.work()
    shown = sign_in(company, "supervisor").get(url).json()
    assert (shown["text"], shown["heard_text"], shown["corrected_by"]) == (EMPTY, WET, "hq")
    assert (shown["rereading"], [issue["checkpoint"] for issue in shown["issues"]]) == (False, [STOCK])


def test_a_note_that_was_not_read_says_why_and_is_read_again(shop: Shop, sign_in: SignIn, company: Company) -> None:
    failing(shop)
    note_id = note(shop, WET)
    client, url = sign_in(company, "supervisor"), f"{NOTES}/{note_id}"
    shown = client.get(url).json()
    assert (shown["text"], shown["rereading"], shown["read_by"]) == (WET, True, None)
    assert shown["unread"]["en"]
    asked = client.post(f"{url}/read-again")
    assert (asked.status_code, asked.json()["unread"], asked.json()["rereading"]) == (200, None, True)
    assert client.post(f"{url}/read-again").status_code == 200
    shop.work()
    shown = client.get(url).json()
    assert (shown["rereading"], shown["read_by"], len(shown["issues"])) == (False, "rules", 1)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"verdict": "maybe"}, 422),
        ({"verdict": "other"}, 422),
        ({"checkpoint": FLOOR}, 422),
        ({"polarity": "problem"}, 422),
        ({"verdict": "other", "polarity": "maybe"}, 422),
        ({"verdict": "other", "checkpoint": "no.such"}, 404),
        ({"version": None}, 422),
        ({"more": 1}, 422),
        ({"issue_id": str(uuid.UUID(int=1))}, 409),
    ],
)
def test_an_answer_that_is_none(
    shop: Shop, sign_in: SignIn, company: Company, change: dict[str, Any], status: int
) -> None:
    note_id = note(shop, WET)
    client = sign_in(company, "hq")
    shown = client.get(f"{NOTES}/{note_id}").json()
    answer = client.post(f"{NOTES}/{note_id}/answer", json=answer_to(shown, "yes") | change)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("person", "status"),
    [("hq", 200), ("north_manager", 200), ("supervisor", 200), ("south_supervisor", 404), ("manager_a", 403),
     ("admin", 403)],
)  # fmt: skip
def test_who_may_correct_over_http(shop: Shop, sign_in: SignIn, company: Company, person: str, status: int) -> None:
    note_id = note(shop, WET)
    body = {"id": str(new_id()), "version": 0, "text": EMPTY}
    assert sign_in(company, person).post(f"{NOTES}/{note_id}/text", json=body).status_code == status


@pytest.mark.parametrize(("characters", "status"), [(LONGEST_NOTE, 200), (LONGEST_NOTE + 1, 422)])
def test_a_text_is_as_long_as_a_reader_takes(
    shop: Shop, sign_in: SignIn, company: Company, characters: int, status: int
) -> None:
    note_id = note(shop, WET)
    body = {"id": str(new_id()), "version": 0, "text": "x" * characters}
    assert sign_in(company, "hq").post(f"{NOTES}/{note_id}/text", json=body).status_code == status


def test_a_typed_note_says_so(shop: Shop, sign_in: SignIn, company: Company) -> None:
    note_id = note(shop, "!noise")
    client, url = sign_in(company, "supervisor"), f"{NOTES}/{note_id}"
    assert client.get(url).json()["typed"] is False
    typed = client.post(f"{url}/text", json={"id": str(new_id()), "version": 0, "text": WET}).json()
    assert (typed["typed"], typed["text"], typed["heard_text"]) == (True, WET, None)
    shop.work()
    _, (entry,) = unpacked(sign_in(company, "hq").get(EXPORT))
    assert (entry["typed"], entry["text"], entry["text_heard"]) == (True, WET, None)


def test_more_notes_take_no_more_queries(shop: Shop, sign_in: SignIn, company: Company, parts: Parts) -> None:
    visit_id = shop.visit()
    client, url = sign_in(company, "hq"), f"/api/v1/visits/{visit_id}"
    shop.note(visit_id, WET)
    shop.work()
    few = queries_of(parts.database, lambda: client.get(url))
    for number in range(3):
        shop.note(visit_id, f"{WET} {number}")
    shop.work()
    assert queries_of(parts.database, lambda: client.get(url)) == few


def unpacked(answer: httpx.Response) -> tuple[list[str], list[dict[str, Any]]]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        lines = archive.read("manifest.jsonl").decode().splitlines()
        return sorted(archive.namelist()), [json.loads(line) for line in lines]


def test_the_export_holds_what_was_heard_what_is_right_and_who_says_so(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    note(shop, EMPTY)  # of which nobody said anything: it teaches nothing
    note_id = note(shop, UNSURE)
    say(shop, note_id, "other", FLOOR, "north_manager", polarity="ok")
    correct(shop, note_id, f"{UNSURE}。{WET}")
    answer = sign_in(company, "hq").get(EXPORT)
    assert answer.headers["content-type"] == "application/zip"
    names, (entry,) = unpacked(answer)
    assert names == [f"audio/{note_id}.ogg", "manifest.jsonl"]
    assert (entry["text_heard"], entry["text"], entry["language"]) == (UNSURE, f"{UNSURE}。{WET}", "en")
    label, added = entry["labels"]
    assert (label["polarity"], label["proposed_polarity"]) == ("ok", "problem")
    assert (label["checkpoint"], label["proposed"], label["verdict"], label["decided_by"]) == (
        FLOOR, STOCK, "other", "north_manager",
    )  # fmt: skip
    assert (added["verdict"], entry["text"][slice(*added["span"])]) == (None, WET)
    assert [(one["before"], one["by"]) for one in entry["corrections"]] == [(UNSURE, "supervisor")]


def test_a_note_whose_recording_was_deleted_is_exported_without_it(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    note_id = note(shop, WET)
    say(shop, note_id, "yes")
    shop.parts.blobs.delete(shop.one(VoiceNote).sha256)
    names, (entry,) = unpacked(sign_in(company, "hq").get(EXPORT))
    assert (names, entry["audio"]) == (["manifest.jsonl"], None)


@pytest.mark.parametrize(
    ("person", "status"), [("hq", 200), ("admin", 200), ("north_manager", 403), ("supervisor", 403), ("manager_a", 403)]
)
def test_who_may_take_the_notes(sign_in: SignIn, company: Company, person: str, status: int) -> None:
    assert sign_in(company, person).get(EXPORT).status_code == status


def test_another_company_takes_nothing(shop: Shop, sign_in: SignIn, other_company: Company) -> None:
    say(shop, note(shop, WET), "yes")
    assert unpacked(sign_in(other_company, "hq").get(EXPORT)) == (["manifest.jsonl"], [])


def test_a_long_list_is_read_in_batches(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(note_corrections, "BATCH", 1)
    ids = [note(shop, WET) for _ in range(3)]
    for note_id in ids:
        say(shop, note_id, "yes")
    with shop.parts.database.snapshot(shop.caller("hq")) as session:
        assert [one.note_id for one in note_corrections.corrected(session)] == sorted(ids)


def test_the_command_writes_the_same_into_a_folder(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note_id = note(shop, WET)
    say(shop, note_id, "yes")
    monkeypatch.setenv("STOREPATROL_DATA_DIR", str(shop.parts.settings.data_dir))
    monkeypatch.setenv("STOREPATROL_DATABASE_URL", str(shop.parts.database.engine.url))
    monkeypatch.setenv("STOREPATROL_SECRET_KEY", SECRET)
    folder = tmp_path / "notes"
    capsys.readouterr()
    assert main(["voice", "export", str(folder)]) == 0
    assert capsys.readouterr().out == f"1 note in {folder}\n"
    audio = (folder / "audio" / f"{note_id}.ogg").read_bytes()
    (entry,) = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    assert entry["sha256"] == sha256_of(audio)
    assert main(["voice", "export", str(folder)]) == 2
    assert "is not empty" in capsys.readouterr().err
