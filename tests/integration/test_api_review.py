"""The review queue, thresholds and agreement over HTTP."""

from typing import Any

import httpx
import pytest

from core.ids import new_id
from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.test_review import DOUBTFUL, see, wait_and_work
from tests.integration.workflows.world import GAP, Shop, queries_of
from workflows.issues.model import Issue

ITEMS, REVIEW = "/api/v1/review/items", "/api/v1/review"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def body(item: dict[str, Any], *verdicts: str, **more: Any) -> dict[str, Any]:
    boxes = [{"index": index, "verdict": verdict} for index, verdict in enumerate(verdicts)]
    return {"id": str(new_id()), "version": item["version"], "boxes": boxes, **more}


def test_from_the_queue_to_an_issue(shop: Shop, sign_in: SignIn, company: Company) -> None:
    photo_id = see(shop, 0.4, 0.5)
    reviewer = sign_in(company, "supervisor")
    assert reviewer.get(f"{REVIEW}/summary").json()["waiting"] == 1
    (item,) = reviewer.get(ITEMS).json()["items"]
    assert (item["photo_id"], item["width"], item["height"]) == (str(photo_id), 64, 48)
    assert [mark["box"] for mark in item["marks"]] == [list(box) for box in DOUBTFUL]
    assert reviewer.get(item["image_url"]).status_code == 200
    answered = reviewer.post(f"{ITEMS}/{item['id']}/answer", json=body(item, "gap", "gap", complete=True))
    assert answered.status_code == 200, answered.text
    assert answered.json()["answer"]["by"] == "supervisor"
    assert reviewer.get(ITEMS).json()["items"] == []
    wait_and_work(shop)
    assert shop.count(Issue) == 1
    (done,) = reviewer.get(ITEMS, params={"state": "answered"}).json()["items"]
    assert done["settled_at"] is not None
    whole = reviewer.get(f"{ITEMS}/{item['id']}").json()
    assert [entry["number"] for entry in whole["history"]] == [1]


def test_a_second_answer_on_the_same_version_is_a_conflict_that_names_the_latest(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    see(shop, 0.4, 0.5)
    (item,) = sign_in(company, "hq").get(ITEMS).json()["items"]
    url = f"{ITEMS}/{item['id']}"
    assert sign_in(company, "hq").post(f"{url}/answer", json=body(item, "gap", "gap")).status_code == 200
    refused = sign_in(company, "north_manager").post(f"{url}/answer", json=body(item, "not_gap", "not_gap"))
    assert problem(refused) == (409, "review.stale")
    assert refused.json()["current_version"] == 2
    back = sign_in(company, "hq").post(f"{url}/undo", json={"version": 2})
    assert (back.status_code, back.json()["state"]) == (200, "waiting")
    assert problem(sign_in(company, "hq").post(f"{url}/undo", json={"version": 3})) == (409, "review.nothing_to_undo")


@pytest.mark.parametrize(
    ("person", "listed", "read"),
    [
        ("hq", 1, 200),
        ("north_manager", 1, 200),
        ("supervisor", 1, 200),
        ("south_supervisor", 0, 404),
        ("manager_a", None, 403),
        ("admin", None, 403),
    ],
)
def test_who_is_asked(
    shop: Shop, sign_in: SignIn, company: Company, person: str, listed: int | None, read: int
) -> None:
    see(shop, 0.4, 0.5)
    (item,) = sign_in(company, "hq").get(ITEMS).json()["items"]
    client = sign_in(company, person)
    answer = client.get(ITEMS)
    assert answer.status_code == (403 if listed is None else 200)
    if listed is not None:
        assert len(answer.json()["items"]) == listed
        assert client.get(f"{REVIEW}/summary").json()["waiting"] == listed
    assert client.get(f"{ITEMS}/{item['id']}").status_code == read
    assert client.post(f"{ITEMS}/{item['id']}/answer", json=body(item, "gap", "gap")).status_code == read


def test_the_queue_comes_in_pages_what_decides_first(shop: Shop, sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    new = {"number": 0, "ask_from": 0.3, "open_from": 0.6, "sample": 1.0}
    assert hq.put(f"{REVIEW}/policies/{GAP.code}", json=new).status_code == 200
    for scores in ((0.9, 0.9), (0.4, 0.5), (0.9, 0.9), (0.4, 0.5)):
        see(shop, *scores)
        shop.parts_clock_ticks()
    seen, cursor = [], None
    while True:
        page = hq.get(ITEMS, params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["reason"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["doubtful", "doubtful", "sample", "sample"]
    assert hq.get(f"{REVIEW}/summary").json() | {"oldest_at": None} == {
        "waiting": 4, "doubtful": 2, "sample": 2, "oldest_at": None,
    }  # fmt: skip


def test_a_node_limits_the_queue(shop: Shop, sign_in: SignIn, company: Company) -> None:
    see(shop, 0.4, 0.5)
    hq = sign_in(company, "hq")
    for node, expected in (("north", 1), ("south", 0)):
        assert len(hq.get(ITEMS, params={"node_id": str(company.nodes[node])}).json()["items"]) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"boxes": []},
        {"boxes": [{"index": 0, "verdict": "maybe"}]},
        {"boxes": [{"index": 0, "verdict": "gap", "box": [0, 0, 1]}]},
        {"version": None},
        {"more": 1},
        {"boxes": [{"index": 0, "verdict": "missed"}] * 501},
    ],
)
def test_an_answer_that_is_none(shop: Shop, sign_in: SignIn, company: Company, change: dict[str, Any]) -> None:
    see(shop, 0.4, 0.5)
    hq = sign_in(company, "hq")
    (item,) = hq.get(ITEMS).json()["items"]
    answer = hq.post(f"{ITEMS}/{item['id']}/answer", json=body(item, "gap", "gap") | change)
    assert answer.status_code == 422, answer.text


def test_thresholds_are_seen_and_changed_by_headquarters(shop: Shop, sign_in: SignIn, company: Company) -> None:
    hq, url = sign_in(company, "hq"), f"{REVIEW}/policies/{GAP.code}"
    (policy,) = hq.get(f"{REVIEW}/policies").json()["items"]
    assert policy["number"] == 0
    new = {"number": 0, "ask_from": 0.2, "open_from": 0.7, "sample": 0.1}
    assert hq.put(url, json=new).json()["thresholds"] == {"ask_from": 0.2, "open_from": 0.7, "sample": 0.1}
    assert problem(hq.put(url, json=new | {"sample": 0.2})) == (409, "review_policy.stale")
    assert problem(hq.put(url, json=new | {"number": 1, "ask_from": 0.8})) == (422, "review.thresholds")
    assert hq.put(f"{REVIEW}/policies/hygiene.floor", json=new).status_code == 404
    assert [p["set_by"] for p in hq.get(url).json()["items"]] == ["hq"]
    for person in ("supervisor", "north_manager", "manager_a"):
        assert sign_in(company, person).put(url, json=new).status_code == 403


def test_agreement_is_for_headquarters(shop: Shop, sign_in: SignIn, company: Company) -> None:
    see(shop, 0.4, 0.5)
    hq = sign_in(company, "hq")
    (item,) = hq.get(ITEMS).json()["items"]
    hq.post(f"{ITEMS}/{item['id']}/answer", json=body(item, "gap", "not_gap"))
    (model,) = hq.get(f"{REVIEW}/agreement").json()["models"]
    assert (model["asked"], model["right"]) == (2, 1)
    assert hq.get(f"{REVIEW}/agreement", params={"reason": "sample"}).json()["models"] == []
    assert sign_in(company, "north_manager").get(f"{REVIEW}/agreement").status_code == 403


def test_a_longer_queue_takes_no_more_queries(shop: Shop, sign_in: SignIn, company: Company, parts: Parts) -> None:
    client = sign_in(company, "hq")
    see(shop, 0.4, 0.5)
    few = queries_of(parts.database, lambda: client.get(ITEMS))
    for _ in range(3):
        see(shop, 0.4, 0.5)
    assert queries_of(parts.database, lambda: client.get(ITEMS)) == few
