"""Price lists over HTTP: made, tried, imported, searched, taken out again; and who may."""

import base64

import pytest

from core.ids import new_id
from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from workflows.prices import table

LISTS = "/api/v1/price-lists"
GOOD = (
    b"sku,barcode,name_en,price,currency\n"
    b"MILK1,6901234567892,Verde whole milk,12.80,CNY\nEVIL9,,=HYPERLINK(1),3.50,CNY\n"
)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def file(content: bytes, name: str = "prices.csv") -> dict[str, str]:
    return {"file_name": name, "content": base64.b64encode(content).decode()}


def test_a_list_is_made_tried_imported_searched_and_taken_out(sign_in: SignIn, company: Company, parts: Parts) -> None:
    hq, id_ = sign_in(company, "hq"), new_id()
    new = {"name": "Shelf prices", "node_id": str(company.nodes["root"])}
    assert [hq.put(f"{LISTS}/{id_}", json=new).status_code for _ in range(2)] == [201, 200]
    tried = hq.post(f"{LISTS}/check", json=file(GOOD))
    assert (tried.status_code, tried.json()["line_count"], tried.json()["problems"]) == (200, 2, [])
    assert hq.get(f"{LISTS}/{id_}").json()["latest"] is None
    imported = [hq.post(f"{LISTS}/{id_}/versions", json=file(GOOD)) for _ in range(2)]
    assert [answer.status_code for answer in imported] == [201, 200]
    assert imported[0].json() == imported[1].json()
    found = hq.get(f"{LISTS}/{id_}/lines", params={"q": "verde 6901"}).json()["items"]
    assert [line["line"]["sku"] for line in found] == ["MILK1"]
    assert [one["number"] for one in hq.get(f"{LISTS}/{id_}/versions").json()["items"]] == [1]
    out = hq.get(f"{LISTS}/{id_}/file")
    assert out.headers["content-type"].startswith("text/csv")
    assert "'=HYPERLINK(1)" in out.text
    assert [line.names[0] for line in table.read(out.content).lines] == ["Verde whole milk", "=HYPERLINK(1)"]


def test_bad_lines_are_told_and_nothing_is_imported(sign_in: SignIn, company: Company) -> None:
    hq, id_ = sign_in(company, "hq"), new_id()
    hq.put(f"{LISTS}/{id_}", json={"name": "A", "node_id": str(company.nodes["root"])})
    answer = hq.post(f"{LISTS}/{id_}/versions", json=file(GOOD + b"RICE5,,Rice,cheap,CNY\n"))
    assert (answer.status_code, answer.json()["code"]) == (422, "price_list.bad_lines")
    assert [line["line"] for line in answer.json()["lines"]] == [4]
    assert hq.get(f"{LISTS}/{id_}/versions").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [({"file_name": "x", "content": "no base64!"}, 400), ({"file_name": "x"}, 422), (file(b"\x89PNG\x00"), 200)],
)
def test_what_is_no_table_is_no_accident(sign_in: SignIn, company: Company, body: dict[str, str], status: int) -> None:
    assert sign_in(company, "hq").post(f"{LISTS}/check", json=body).status_code == status


def test_a_list_is_seen_where_it_holds(sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    for name in ("root", "north", "south"):
        hq.put(f"{LISTS}/{new_id()}", json={"name": name, "node_id": str(company.nodes[name])})

    def seen(person: str) -> set[str]:
        return {one["name"] for one in sign_in(company, person).get(LISTS).json()["items"]}

    assert (seen("hq"), seen("manager_a"), seen("south_supervisor")) == (
        {"root", "north", "south"}, {"root", "north"}, {"root", "south"}
    )  # fmt: skip


def test_only_headquarters_gives_prices(sign_in: SignIn, company: Company) -> None:
    new = {"name": "A", "node_id": str(company.nodes["store_a"])}
    for person in ("supervisor", "manager_a", "north_manager"):
        assert sign_in(company, person).put(f"{LISTS}/{new_id()}", json=new).status_code == 403


def test_another_companys_list_is_not_there(sign_in: SignIn, company: Company, other_company: Company) -> None:
    hq, id_ = sign_in(company, "hq"), new_id()
    hq.put(f"{LISTS}/{id_}", json={"name": "A", "node_id": str(company.nodes["root"])})
    stranger = sign_in(other_company, "hq")
    assert [stranger.get(f"{LISTS}/{id_}{rest}").status_code for rest in ("", "/versions", "/lines", "/file")] == [
        404
    ] * 4
    assert stranger.post(f"{LISTS}/{id_}/versions", json=file(GOOD)).status_code == 404


def test_settings_are_based_on_what_was_seen(sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    assert hq.get("/api/v1/price-settings").json() == {"read_every_photo": False, "version": 0}
    wanted = {"read_every_photo": True, "version": 0}
    assert [hq.put("/api/v1/price-settings", json=wanted).status_code for _ in range(2)] == [200, 409]


def test_tags_of_a_photo_that_is_not_there_are_not_there(sign_in: SignIn, company: Company) -> None:
    assert sign_in(company, "hq").get(f"/api/v1/photos/{new_id()}/tags").status_code == 404
