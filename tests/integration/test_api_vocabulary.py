"""The company's own words over HTTP: added, found, imported whole or not at all, tried; and who may."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from core.events import trail_of
from core.ids import new_id
from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from workflows.prices import service as prices
from workflows.prices import table as price_table

WORDS = "/api/v1/vocabulary"
CSV = "类别,词,别名\nproduct,云麓高山酸奶\nbrand,Lumiora,露米欧拉,卢米\nfixture,风幕柜\n"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def file(text: str, name: str = "words.csv") -> dict[str, str]:
    return {"file_name": name, "content": base64.b64encode(text.encode()).decode()}


def texts(client: httpx.Client, **query: Any) -> list[str]:
    return [term["text"] for term in client.get(WORDS, params=query).json()["items"]]


def heard(client: httpx.Client, text: str) -> str:
    answer = client.post(f"{WORDS}/try", json={"text": text})
    assert answer.status_code == 200
    became: str = answer.json()["text"]
    return became


def test_a_term_is_added_once_found_and_taken_out(sign_in: SignIn, company: Company, parts: Parts) -> None:
    hq, id_ = sign_in(company, "hq"), new_id()
    new = {"kind": "brand", "text": " Lumiora ", "aliases": ["露米欧拉", "露米欧拉"]}
    answers = [hq.put(f"{WORDS}/{id_}", json=new) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["text"], answers[0].json()["aliases"]) == ("Lumiora", ["露米欧拉"])
    assert texts(hq, q="米欧") == texts(hq, q="LUMI") == texts(hq, kind="brand") == ["Lumiora"]
    assert texts(hq, kind="product") == texts(hq, q="%") == []
    assert [hq.delete(f"{WORDS}/{id_}").status_code for _ in range(2)] == [204, 404]
    assert texts(hq) == []
    with parts.database.snapshot(company.system()) as session:
        told = [
            (event.state_from, event.state_to)
            for event in trail_of(session, ("company", company.id))
            if event.kind == "VocabularyChanged"
        ]
    assert told == [(None, "Lumiora"), ("Lumiora", None)]


def test_another_term_of_the_same_text_or_id_is_refused(sign_in: SignIn, company: Company) -> None:
    hq, id_ = sign_in(company, "hq"), new_id()
    assert hq.put(f"{WORDS}/{id_}", json={"kind": "brand", "text": "Lumiora"}).status_code == 201
    same = hq.put(f"{WORDS}/{new_id()}", json={"kind": "product", "text": "ＬＵＭＩＯＲＡ"})
    assert (same.status_code, same.json()["code"]) == (409, "vocabulary.known")
    other = hq.put(f"{WORDS}/{id_}", json={"kind": "brand", "text": "Fennick"})
    assert (other.status_code, other.json()["code"]) == (409, "vocabulary.content_differs")


@pytest.mark.parametrize("text", ["", "  ", "A", "x" * 61, "两\n行"])
def test_a_term_that_cannot_be_told_from_other_sounds_is_refused(sign_in: SignIn, company: Company, text: str) -> None:
    answer = sign_in(company, "hq").put(f"{WORDS}/{new_id()}", json={"kind": "brand", "text": text})
    assert (answer.status_code, answer.json()["code"]) == (422, "vocabulary.bad_term")


def test_two_people_who_add_the_same_at_once_add_it_once(sign_in: SignIn, company: Company) -> None:
    people = [sign_in(company, "hq"), sign_in(company, "admin")]

    def add(client: httpx.Client) -> int:
        return client.put(f"{WORDS}/{new_id()}", json={"kind": "brand", "text": "Lumiora"}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, people)) == [201, 409]
    assert texts(people[0]) == ["Lumiora"]


def test_a_file_is_tried_imported_and_imported_again(sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    tried = hq.post(f"{WORDS}/check", json=file(CSV)).json()
    assert (tried["term_count"], tried["problems"], texts(hq)) == (3, [], [])
    done = [hq.post(f"{WORDS}/import", json=file(text)).json() for text in (CSV, CSV, CSV.replace(",卢米", ""))]
    assert done == [
        {"added": 3, "changed": 0, "same": 0}, {"added": 0, "changed": 0, "same": 3},
        {"added": 0, "changed": 1, "same": 2},
    ]  # fmt: skip
    assert hq.get(f"{WORDS}/summary").json()["added"] == {"product": 1, "brand": 1, "fixture": 1}
    assert heard(hq, "三号货架的云路高山酸乃和路米欧拉") == "三号货架的云麓高山酸奶和Lumiora"


def test_bad_lines_are_told_with_their_numbers_and_nothing_is_imported(sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    answer = hq.post(f"{WORDS}/import", json=file(CSV + "toy,木马\nbrand,\nbrand,lumiora\n"))
    assert (answer.status_code, answer.json()["code"]) == (422, "vocabulary.bad_lines")
    assert [line["line"] for line in answer.json()["lines"]] == [5, 6, 7]
    assert texts(hq) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [({"file_name": "x", "content": "no base64!"}, 400), ({"file_name": "x"}, 422), (file("\x00"), 200)],
)
def test_what_is_no_table_is_no_accident(sign_in: SignIn, company: Company, body: dict[str, str], status: int) -> None:
    assert sign_in(company, "hq").post(f"{WORDS}/check", json=body).status_code == status


def test_terms_come_in_pages(sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    hq.post(f"{WORDS}/import", json=file("\n".join(f"product,Product {number:03}" for number in range(25))))
    seen, cursor = [], None
    while True:
        page = hq.get(WORDS, params={"limit": 10, **({"cursor": cursor} if cursor else {})}).json()
        seen += [term["text"] for term in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"Product {number:03}" for number in range(25)]


def test_stores_and_products_of_price_lists_are_known_without_being_added(
    sign_in: SignIn, company: Company, parts: Parts
) -> None:
    hq = sign_in(company, "hq")
    assert heard(hq, "拾光估监果棒没有了") == "拾光估监果棒没有了"
    lines = "sku,name_zh,price,currency\nA1,拾光谷坚果棒 40g×12,9.90,CNY\n".encode()
    with parts.database.transaction(company.system()) as session:
        made, _ = prices.put(session, parts.clock.now(), new_id(), prices.NewPriceList("A", company.nodes["root"]))
        prices.import_table(session, parts.clock.now(), made.id, price_table.read(lines), lines, "a.csv")
    assert heard(hq, "拾光估监果棒没有了") == "拾光谷坚果棒没有了"
    store = {"version": 1, "name": {"zh": "north 节点徐家汇店", "en": "Xujiahui"}}
    admin = sign_in(company, "admin")
    assert admin.patch(f"/api/v1/org/nodes/{company.nodes['store_b']}", json=store).status_code == 200
    assert heard(hq, "去徐佳会店看看") == "去徐家汇店看看"
    assert hq.get(f"{WORDS}/summary").json() == {"added": {}, "stores": 3, "products": 1, "version": 0}


def test_another_companys_terms_are_not_there(sign_in: SignIn, company: Company, other_company: Company) -> None:
    hq, stranger = sign_in(company, "hq"), sign_in(other_company, "hq")
    id_ = new_id()
    hq.put(f"{WORDS}/{id_}", json={"kind": "product", "text": "云麓高山酸奶"})
    assert heard(hq, "云路高山酸乃") == "云麓高山酸奶"
    assert heard(stranger, "云路高山酸乃") == "云路高山酸乃"
    assert texts(stranger) == []
    assert stranger.get(f"{WORDS}/summary").json()["version"] == 0
    assert stranger.delete(f"{WORDS}/{id_}").status_code == 404
    assert stranger.put(f"{WORDS}/{new_id()}", json={"kind": "product", "text": "云麓高山酸奶"}).status_code == 201


@pytest.mark.parametrize("person", ["supervisor", "manager_a", "north_manager"])
def test_only_headquarters_and_administrators_may(sign_in: SignIn, company: Company, person: str) -> None:
    client = sign_in(company, person)
    asked = [
        client.get(WORDS), client.get(f"{WORDS}/summary"), client.post(f"{WORDS}/try", json={"text": "a"}),
        client.put(f"{WORDS}/{new_id()}", json={"kind": "brand", "text": "Lumiora"}),
        client.delete(f"{WORDS}/{new_id()}"), client.post(f"{WORDS}/import", json=file(CSV)),
        client.post(f"{WORDS}/check", json=file(CSV)),
    ]  # fmt: skip
    assert {answer.status_code for answer in asked} == {403}
