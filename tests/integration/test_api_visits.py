"""Visits, photos and notes over HTTP: who may, what comes back, and which problem says what was wrong."""

import uuid
from typing import Any

import httpx
import pytest

from core.ids import new_id
from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.world import GAP, Shop, answer_to

VISITS = "/api/v1/visits"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


@pytest.fixture
def supervisor(sign_in: SignIn, company: Company) -> httpx.Client:
    return sign_in(company, "supervisor")


def visit_body(shop: Shop, store: str = "store_a", **more: Any) -> dict[str, Any]:
    return {
        "store_id": str(shop.company.nodes[store]),
        "checklist_version_id": str(shop.version_id),
        "started_at": "2026-11-02T09:30:00+08:00",
        **more,
    }


def submission(shop: Shop, *failed: str, **more: Any) -> dict[str, Any]:
    answers = [
        {"item_id": item.id, "value": answer_to(item, good=item.checkpoint not in failed)} for item in shop.items
    ]
    return {"answers": answers, **more}


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_visit_from_plan_to_score(shop: Shop, supervisor: httpx.Client) -> None:
    url = f"{VISITS}/{new_id()}"
    made = supervisor.put(url, json=visit_body(shop))
    assert (made.status_code, made.json()["state"]) == (201, "in_progress")
    assert supervisor.put(url, json=visit_body(shop)).status_code == 200
    sent = supervisor.post(f"{url}/submit", json=submission(shop, GAP.code))
    assert sent.status_code == 200, sent.text
    shop.work()
    visit = supervisor.get(url).json()
    assert visit["state"] == "submitted"
    assert 0 < visit["score"] < 100
    assert visit["store"]["name"] == {"zh": "store_a 节点", "en": "store_a"}
    assert len(visit["answers"]) == len(shop.items)
    assert [(finding["source"], finding["checkpoint"]) for finding in visit["findings"]] == [("answer", GAP.code)]
    (issue,) = visit["issues"]
    assert issue["task_id"] is not None
    assert visit["progress"] == {"total": 0, "done": 0, "failed": 0, "complete": True, "settled": True}


def test_the_same_again_is_answered_alike_and_other_content_is_refused(shop: Shop, supervisor: httpx.Client) -> None:
    url = f"{VISITS}/{new_id()}"
    supervisor.put(url, json=visit_body(shop))
    assert problem(supervisor.put(url, json=visit_body(shop, "store_b"))) == (409, "visit.content_differs")
    first, second = (supervisor.post(f"{url}/submit", json=submission(shop)) for _ in range(2))
    assert first.json() == second.json()
    other = supervisor.post(f"{url}/submit", json=submission(shop, GAP.code))
    assert problem(other) == (409, "visit.already_submitted")
    assert other.json()["submitted_at"] == "2026-11-02T01:30:00Z"


def test_what_does_not_fit_the_checklist_is_named(shop: Shop, supervisor: httpx.Client) -> None:
    url = f"{VISITS}/{shop.visit()}/submit"
    strange = submission(shop)
    strange["answers"].append({"item_id": "no.such.item", "value": True})
    refused = supervisor.post(url, json=strange)
    assert problem(refused) == (422, "visit.item_unknown")
    assert "no.such.item" in refused.json()["detail"]
    incomplete = submission(shop)
    missing = incomplete["answers"].pop()
    refused = supervisor.post(url, json=incomplete)
    assert problem(refused) == (422, "answer.missing")
    assert refused.json()["item_id"] == missing["item_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"store_id": "not an id"},
        {"started_at": "2026-11-02T09:30:00"},  # whose half past nine?
        {"checklist_version_id": None},
        {"surprise": 1},
    ],
)
def test_a_body_that_cannot_be_right_is_refused(shop: Shop, supervisor: httpx.Client, change: dict[str, Any]) -> None:
    answer = supervisor.put(f"{VISITS}/{new_id()}", json=visit_body(shop, **change))
    assert problem(answer) == (422, "request.invalid")


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("supervisor", 201),
        ("north_manager", 201),
        ("hq", 201),
        ("manager_a", 403),  # a store manager does not inspect the own store
        ("admin", 403),
        ("south_supervisor", 404),  # and whose region it is not, does not even see the store
    ],
)
def test_who_may_visit_a_store(shop: Shop, sign_in: SignIn, company: Company, person: str, expected: int) -> None:
    assert sign_in(company, person).put(f"{VISITS}/{new_id()}", json=visit_body(shop)).status_code == expected


def test_everyone_sees_the_visits_of_their_part_of_the_tree(
    shop: Shop, sign_in: SignIn, company: Company, other_company: Company
) -> None:
    visits = {store: str(shop.visit(store, "hq")) for store in ("store_a", "store_b", "store_c")}
    seen = {
        "hq": {"store_a", "store_b", "store_c"},
        "supervisor": {"store_a", "store_b"},
        "north_manager": {"store_a", "store_b"},
        "manager_a": {"store_a"},
        "south_supervisor": {"store_c"},
    }
    for person, stores in seen.items():
        client = sign_in(company, person)
        listed = {row["id"] for row in client.get(VISITS).json()["items"]}
        assert listed == {visits[store] for store in stores}, person
        for store, id_ in visits.items():
            assert client.get(f"{VISITS}/{id_}").status_code == (200 if store in stores else 404), (person, store)
    stranger = sign_in(other_company, "hq")
    assert stranger.get(VISITS).json()["items"] == []
    assert problem(stranger.get(f"{VISITS}/{visits['store_a']}")) == (404, "visit.not_found")
    stolen = stranger.post(f"{VISITS}/{visits['store_a']}/submit", json=submission(shop))
    assert problem(stolen) == (404, "visit.not_found")


def test_a_list_comes_in_pages_that_hold_everything_once(shop: Shop, supervisor: httpx.Client) -> None:
    made = [str(shop.visit()) for _ in range(5)]
    shop.submit(uuid.UUID(made[0]))
    found: list[str] = []
    cursor = None
    while True:
        page = supervisor.get(VISITS, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(made)
    assert problem(supervisor.get(VISITS, params={"cursor": "made up"})) == (400, "paging.bad_cursor")
    assert [row["id"] for row in supervisor.get(VISITS, params={"state": "submitted"}).json()["items"]] == [made[0]]
    store = {"store_id": str(shop.company.nodes["store_b"])}
    assert supervisor.get(VISITS, params=store).json()["items"] == []


def test_a_list_asks_the_database_as_often_for_many_rows_as_for_one(shop: Shop, supervisor: httpx.Client) -> None:
    from tests.integration.workflows.world import queries_of

    shop.visit()
    few = queries_of(shop.parts.database, lambda: supervisor.get(VISITS))
    for _ in range(8):
        shop.visit()
    assert queries_of(shop.parts.database, lambda: supervisor.get(VISITS)) == few


def test_a_photo_shows_what_was_seen_and_a_note_what_was_heard(shop: Shop, supervisor: httpx.Client) -> None:
    visit_id = shop.visit()
    photo_id, note_id = shop.photo(visit_id), shop.note(visit_id, "Cola is out of stock")
    waiting = supervisor.get(f"/api/v1/photos/{photo_id}").json()
    assert (waiting["state"], waiting["reading"], waiting["overlay_url"]) == ("stored", None, None)
    shop.work()
    photo = supervisor.get(f"/api/v1/photos/{photo_id}").json()
    assert (photo["state"], photo["problem"]) == ("analysed", None)
    assert len(photo["reading"]["gaps"]) == 2
    for name in ("image_url", "display_url", "thumb_url", "overlay_url"):
        picture = supervisor.get(photo[name])
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    note = supervisor.get(f"/api/v1/voice-notes/{note_id}").json()
    assert (note["state"], note["text"], note["language"]) == ("transcribed", "Cola is out of stock", "en")


def test_a_photo_of_another_part_of_the_tree_is_not_there(
    shop: Shop, sign_in: SignIn, company: Company, other_company: Company
) -> None:
    visit_id = shop.visit()
    photo_id, note_id = shop.photo(visit_id), shop.note(visit_id, "fine")
    for client in (sign_in(company, "south_manager"), sign_in(other_company, "hq")):
        assert problem(client.get(f"/api/v1/photos/{photo_id}")) == (404, "photo.not_found")
        assert problem(client.get(f"/api/v1/voice-notes/{note_id}")) == (404, "voice_note.not_found")


def test_a_problem_speaks_the_readers_language(shop: Shop, supervisor: httpx.Client) -> None:
    url = f"{VISITS}/{new_id()}"
    chinese = supervisor.get(url, headers={"Accept-Language": "zh-CN"}).json()
    english = supervisor.get(url, headers={"Accept-Language": "en"}).json()
    assert chinese["code"] == english["code"]
    assert chinese["detail"] != english["detail"]
    assert chinese["detail"] == "记录不存在或不在您的管辖范围内"
