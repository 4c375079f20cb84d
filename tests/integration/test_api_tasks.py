"""Issues, tasks and messages over HTTP."""

from typing import Any

import httpx
import pytest

from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.world import GAP, HOUR, SLA, Shop, queries_of
from workflows.escalation.service import sweep

TASKS, ISSUES, MESSAGES = "/api/v1/tasks", "/api/v1/issues", "/api/v1/notifications"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["items"]]


def test_the_owner_sees_what_is_wrong_what_to_do_and_by_when(shop: Shop, sign_in: SignIn, company: Company) -> None:
    task = shop.open_task()
    manager = sign_in(company, "manager_a")
    (row,) = manager.get(TASKS, params={"mine": True}).json()["items"]
    assert row["owner"] == {"id": str(task.owner_id), "name": "manager_a", "role": "store_manager"}
    assert (row["state"], row["severity"], row["overdue"]) == ("open", GAP.severity, False)
    assert manager.get(row["thumb_url"]).status_code == 200
    whole = manager.get(f"{TASKS}/{task.id}").json()
    assert whole["fix"] == {"zh": GAP.fix.zh, "en": GAP.fix.en}
    assert [photo["state"] for photo in whole["before"]] == ["analysed"]
    assert [finding["source"] for finding in whole["issue"]["findings"]] == ["vision"]
    assert [entry["kind"] for entry in whole["trail"]] == [
        "PhotoStored",
        "PhotoAnalysed",
        "IssueOpened",
        "TaskAssigned",
    ]
    assert {"at", "actor", "kind", "from", "to", "why", "title"} == set(whole["trail"][0])


def test_from_begun_to_judged_by_a_person(shop: Shop, sign_in: SignIn, company: Company) -> None:
    task = shop.open_task()
    url = f"{TASKS}/{task.id}"
    begun = sign_in(company, "manager_a").post(f"{url}/start", json={"version": task.version})
    assert begun.status_code == 200, begun.text
    assert begun.json()["started_at"] is not None
    shop.comparer.verdict, shop.comparer.reasons = "unsure", ("place_not_sure",)
    shop.after(task.id)
    shop.work()
    north = sign_in(company, "north_manager")
    waiting = north.get(url).json()
    assert waiting["state"] == "in_review"
    (attempt,) = waiting["attempts"]
    assert attempt["verdict"] == "unsure"
    assert attempt["reasons"][0]["code"] == "place_not_sure"
    assert attempt["reasons"][0]["text"]["zh"]
    body = {"verdict": "fixed", "why": "I saw it", "version": waiting["version"]}
    decided = north.post(f"{url}/decide", json=body)
    assert decided.status_code == 200, decided.text
    assert decided.json()["state"] == "closed"
    assert decided.json()["attempts"][0]["decided_by"] == "north_manager"
    assert problem(north.post(f"{url}/decide", json=body)) == (409, "task.stale")


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("hq", 200),
        ("north_manager", 200),
        ("supervisor", 403),
        ("manager_a", 403),
        ("admin", 403),
        ("south_manager", 404),
    ],
)
def test_who_may_judge(shop: Shop, sign_in: SignIn, company: Company, person: str, expected: int) -> None:
    task = shop.open_task()
    shop.comparer.verdict, shop.comparer.reasons = "unsure", ()
    shop.after(task.id)
    shop.work()
    body = {"verdict": "not_fixed", "why": "no", "version": shop.task().version}
    assert sign_in(company, person).post(f"{TASKS}/{task.id}/decide", json=body).status_code == expected


@pytest.mark.parametrize(
    "change", [{"verdict": "unsure"}, {"why": ""}, {"version": "one"}, {"verdict": None}, {"more": 1}]
)
def test_a_decision_needs_a_verdict_and_a_reason(
    shop: Shop, sign_in: SignIn, company: Company, change: dict[str, Any]
) -> None:
    task = shop.open_task()
    body = {"verdict": "fixed", "why": "yes", "version": task.version, **change}
    assert problem(sign_in(company, "hq").post(f"{TASKS}/{task.id}/decide", json=body)) == (422, "request.invalid")


def test_a_change_based_on_an_old_version_is_refused_with_the_latest(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    task = shop.open_task()
    answer = sign_in(company, "manager_a").post(f"{TASKS}/{task.id}/start", json={"version": task.version - 1})
    assert problem(answer) == (409, "task.stale")
    assert answer.json()["current_version"] == task.version


def test_everyone_sees_tasks_and_issues_of_their_part_of_the_tree(
    shop: Shop, sign_in: SignIn, company: Company, other_company: Company
) -> None:
    tasks = {store: shop.open_task(store) for store in ("store_a", "store_b")}
    for person, stores in {"hq": 2, "north_manager": 2, "supervisor": 2, "manager_a": 1, "south_manager": 0}.items():
        client = sign_in(company, person)
        assert len(ids(client.get(TASKS))) == len(ids(client.get(ISSUES))) == stores, person
    for client in (sign_in(company, "manager_a"), sign_in(other_company, "hq")):
        other = tasks["store_b"]
        assert problem(client.get(f"{TASKS}/{other.id}")) == (404, "task.not_found")
        assert problem(client.get(f"{ISSUES}/{other.issue_id}")) == (404, "issue.not_found")
        started = client.post(f"{TASKS}/{other.id}/start", json={"version": other.version})
        assert started.status_code in (403, 404)


def test_lists_are_narrowed_as_asked(shop: Shop, sign_in: SignIn, company: Company) -> None:
    first, second = shop.open_task("store_a"), shop.open_task("store_b")
    shop.after(first.id)
    shop.work()
    hq = sign_in(company, "hq")
    assert ids(hq.get(TASKS, params={"state": "closed"})) == [str(first.id)]
    assert ids(hq.get(TASKS, params={"state": "unfinished"})) == [str(second.id)]
    assert ids(hq.get(TASKS, params={"dimension": "safety"})) == []
    assert len(ids(hq.get(TASKS, params={"dimension": GAP.dimension}))) == 2
    assert len(ids(hq.get(TASKS, params={"node_id": str(company.nodes["north"])}))) == 2
    assert ids(hq.get(TASKS, params={"node_id": str(company.nodes["store_b"])})) == [str(second.id)]
    assert ids(hq.get(TASKS, params={"node_id": str(company.nodes["south"])})) == []
    assert ids(hq.get(TASKS, params={"mine": True})) == []
    assert ids(hq.get(ISSUES, params={"state": "open"})) == [str(second.issue_id)]
    assert problem(hq.get(TASKS, params={"state": "lost"})) == (422, "request.invalid")
    assert ids(hq.get(TASKS, params={"overdue": True})) == []
    shop.parts_clock_ticks(SLA.minor + HOUR)
    hq = sign_in(company, "hq")
    assert ids(hq.get(TASKS, params={"overdue": True})) == [str(second.id)]


def test_pages_hold_every_task_once_the_soonest_due_first(shop: Shop, sign_in: SignIn, company: Company) -> None:
    for _ in range(5):
        shop.photo(shop.visit())
        shop.parts_clock_ticks()
        shop.work()
    hq = sign_in(company, "hq")
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = hq.get(TASKS, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += page["items"]
        cursor = page["next"]
    assert len({row["id"] for row in found}) == len(found) == 5
    assert [row["due_at"] for row in found] == sorted(row["due_at"] for row in found)


def test_a_list_and_a_task_cost_as_many_queries_for_many_rows_as_for_few(
    shop: Shop, sign_in: SignIn, company: Company
) -> None:
    hq = sign_in(company, "hq")
    task = shop.open_task()
    few = queries_of(shop.parts.database, lambda: hq.get(TASKS))
    few_of_one = queries_of(shop.parts.database, lambda: hq.get(f"{TASKS}/{task.id}"))
    visit_id = shop.issue().visit_id
    for _ in range(5):
        shop.photo(shop.visit())
        shop.photo(visit_id)
    shop.work()
    assert queries_of(shop.parts.database, lambda: hq.get(TASKS)) == few
    assert queries_of(shop.parts.database, lambda: hq.get(ISSUES)) <= few
    assert queries_of(shop.parts.database, lambda: hq.get(f"{TASKS}/{task.id}")) == few_of_one


def test_messages_are_for_their_person_and_are_read_once(shop: Shop, sign_in: SignIn, company: Company) -> None:
    task = shop.open_task()
    shop.parts_clock_ticks(SLA.minor)
    sweep(shop.parts)
    shop.work()
    manager, north, hq = (sign_in(company, person) for person in ("manager_a", "north_manager", "hq"))
    messages = manager.get(MESSAGES).json()["items"]
    assert [message["kind"] for message in messages] == ["TaskPassedUp", "TaskAssigned"]  # the latest first
    assert {message["task_id"] for message in messages} == {str(task.id)}
    assert [message["kind"] for message in north.get(MESSAGES).json()["items"]] == ["TaskEscalated"]
    assert hq.get(MESSAGES).json()["items"] == []
    url = f"{MESSAGES}/{messages[0]['id']}/read"
    assert problem(north.post(url)) == (404, "notification.not_found")
    assert [manager.post(url).json()["read"] for _ in range(2)] == [True, True]
    unread = manager.get(MESSAGES, params={"unread": True}).json()["items"]
    assert [message["kind"] for message in unread] == ["TaskAssigned"]
