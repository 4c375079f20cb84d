"""The heatmap and the list of stores: numbers that can be checked by hand."""

import datetime as dt
from typing import Any

import httpx
import pytest

from checklists.scoring import TOTAL_CAP
from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.world import GAP, HOUR, SLA, Shop, queries_of
from workflows.visits.model import Visit

HEATMAP, STORES = "/api/v1/reports/heatmap", "/api/v1/reports/stores"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


@pytest.fixture
def visited(shop: Shop) -> Shop:
    """One good visit in the north, one with an empty shelf in the north and one in the south."""
    shop.submit(shop.visit("store_a"))
    shop.submit(shop.visit("store_b"), GAP.code)
    shop.submit(shop.visit("store_c", "south_supervisor"), GAP.code, person="south_supervisor")
    shop.work()
    shop.parts_clock_ticks()
    return shop


def cell(row: dict[str, Any], dimension: str = GAP.dimension) -> dict[str, Any]:
    (found,) = [one for one in row["cells"] if one["dimension"] == dimension]
    return dict(found)


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["node"]["name"]["en"]: row for row in rows}


def test_a_cell_is_the_weighted_share_of_what_was_asked(visited: Shop, sign_in: SignIn, company: Company) -> None:
    heat = sign_in(company, "hq").get(HEATMAP).json()
    items = [item for item in visited.items if item.dimension == GAP.dimension]
    asked = sum(item.weight for item in items)
    lost = next(item.weight for item in items if item.checkpoint == GAP.code)
    rows = by_name(heat["rows"])
    south, north = cell(rows["south"]), cell(rows["north"])
    assert south["score"] == round(100 * (asked - lost) / asked, 1)
    assert north["score"] == round(100 * (2 * asked - lost) / (2 * asked), 1)
    assert (north["answers"], north["failed"], north["open_issues"]) == (2 * len(items), 1, 1)
    assert cell(heat["total"])["open_issues"] == 2
    assert (rows["north"]["visits"], rows["south"]["visits"], heat["total"]["visits"]) == (2, 1, 3)
    assert len(heat["columns"]) == 12
    assert cell(rows["north"], "safety")["score"] is None  # nothing was asked, which is not zero


def test_a_row_is_clicked_through_down_to_the_store(visited: Shop, sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    north = hq.get(HEATMAP, params={"node_id": str(company.nodes["north"])}).json()
    assert set(by_name(north["rows"])) == {"north_city", "store_b"}
    assert cell(by_name(north["rows"])["store_b"])["failed"] == 1
    store = hq.get(HEATMAP, params={"node_id": str(company.nodes["store_b"])}).json()
    assert set(by_name(store["rows"])) <= {"store_b"}
    assert cell(store["total"])["failed"] == 1


def test_everyone_sees_their_part_of_the_tree(visited: Shop, sign_in: SignIn, company: Company) -> None:
    manager = sign_in(company, "north_manager")
    heat = manager.get(HEATMAP).json()
    assert heat["node"]["name"]["en"] == "north"
    assert set(by_name(heat["rows"])) == {"north_city", "store_b"}
    for url in (HEATMAP, STORES):
        refused = manager.get(url, params={"node_id": str(company.nodes["south"])})
        assert (refused.status_code, refused.json()["code"]) == (404, "node.not_found")
    stores = [line["store"]["name"]["en"] for line in manager.get(STORES).json()["items"]]
    assert sorted(stores) == ["store_a", "store_b"]


def test_another_company_sees_only_its_own(
    visited: Shop, sign_in: SignIn, company: Company, other_company: Company
) -> None:
    stranger = sign_in(other_company, "hq")
    heat = stranger.get(HEATMAP).json()
    assert heat["total"]["visits"] == 0
    assert {one["open_issues"] for one in heat["total"]["cells"]} == {0}
    assert stranger.get(HEATMAP, params={"node_id": str(company.nodes["north"])}).status_code == 404


def test_the_period_counts_visits_by_when_they_were_sent(visited: Shop, sign_in: SignIn, company: Company) -> None:
    now = visited.rows(Visit)[0].submitted_at
    assert now is not None
    hq = sign_in(company, "hq")

    def visits(since: dt.datetime, until: dt.datetime) -> int:
        period = {"from": since.isoformat(), "to": until.isoformat()}
        return int(hq.get(HEATMAP, params=period).json()["total"]["visits"])

    assert visits(now, now + HOUR) == 3  # from is part of the period …
    assert visits(now - HOUR, now) == 0  # … and to is not
    assert visits(now + HOUR, now + 2 * HOUR) == 0
    naive = hq.get(HEATMAP, params={"from": "2026-11-01T00:00:00"})
    assert (naive.status_code, naive.json()["code"]) == (422, "request.invalid")


def lines(client: httpx.Client, **params: str) -> dict[str, dict[str, Any]]:
    items = client.get(STORES, params=params).json()["items"]
    return {line["store"]["name"]["en"]: line for line in items}


def test_stores_are_listed_the_weakest_first(visited: Shop, sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    listed = lines(hq)
    assert list(listed) == ["store_b", "store_c", "store_a"]
    assert listed["store_a"]["score"] == 100.0
    assert (listed["store_b"]["open_tasks"], listed["store_b"]["overdue_tasks"]) == (1, 0)
    assert listed["store_b"]["score"] > TOTAL_CAP or GAP.severity == "critical"
    visited.parts_clock_ticks(SLA.minor + HOUR)
    hq = sign_in(company, "hq")
    assert lines(hq)["store_b"]["overdue_tasks"] == 1


def test_a_cell_of_the_heatmap_leads_to_stores_with_the_same_numbers(
    visited: Shop, sign_in: SignIn, company: Company
) -> None:
    hq = sign_in(company, "hq")
    south = by_name(hq.get(HEATMAP).json()["rows"])["south"]
    listed = lines(hq, node_id=str(company.nodes["south"]), dimension=GAP.dimension)
    assert list(listed) == ["store_c"]
    assert listed["store_c"]["score"] == cell(south)["score"]
    assert listed["store_c"]["open_tasks"] == cell(south)["open_issues"] == 1
    other = lines(hq, node_id=str(company.nodes["south"]), dimension="safety")
    assert (other["store_c"]["score"], other["store_c"]["open_tasks"]) == (None, 0)


def test_the_latest_visit_is_the_stores_score(visited: Shop, sign_in: SignIn, company: Company) -> None:
    visited.parts_clock_ticks(HOUR)
    visited.submit(visited.visit("store_b"))
    line = lines(sign_in(company, "hq"))["store_b"]
    assert line["score"] == 100.0
    assert line["last_visit_at"] == visited.parts.clock.now().isoformat().replace("+00:00", "Z")


def test_a_report_costs_as_many_queries_for_many_visits_as_for_few(
    visited: Shop, sign_in: SignIn, company: Company
) -> None:
    hq = sign_in(company, "hq")
    few = [queries_of(visited.parts.database, lambda url=url: hq.get(url)) for url in (HEATMAP, STORES)]  # type: ignore[misc]
    for _ in range(4):
        visited.submit(visited.visit("store_a"), GAP.code)
    many = [queries_of(visited.parts.database, lambda url=url: hq.get(url)) for url in (HEATMAP, STORES)]  # type: ignore[misc]
    assert many == few
