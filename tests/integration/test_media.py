"""Links to photos and recordings: good for one file of one company and a few minutes, whole or in parts."""

import datetime as dt

import httpx
import pytest

from core.hashing import sha256_of
from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.world import Shop, jpeg

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CONTENT = jpeg()


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


@pytest.fixture
def link(shop: Shop, sign_in: SignIn, company: Company) -> str:
    photo_id = shop.photo(shop.visit(), CONTENT)
    return str(sign_in(company, "supervisor").get(f"/api/v1/photos/{photo_id}").json()["image_url"])


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_link_needs_no_token_and_gives_the_very_bytes(link: str, client: httpx.Client) -> None:
    answer = client.get(link)
    assert answer.status_code == 200
    assert sha256_of(answer.content) == sha256_of(CONTENT)
    assert (answer.headers["content-type"], answer.headers["content-length"]) == ("image/jpeg", str(len(CONTENT)))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "private" in answer.headers["cache-control"]


def test_a_link_is_good_for_five_minutes(shop: Shop, link: str, client: httpx.Client) -> None:
    shop.parts_clock_ticks(dt.timedelta(minutes=5))
    assert client.get(link).status_code == 200
    shop.parts_clock_ticks(dt.timedelta(seconds=1))
    assert problem(client.get(link)) == (410, "media.link_expired")


def test_a_link_made_longer_or_turned_to_another_file_is_refused(shop: Shop, link: str, client: httpx.Client) -> None:
    path, _, query = link.partition("?")
    expires = query.split("&")[0].removeprefix("e=")
    company, sha256 = path.removeprefix("/media/").split("/")
    tampered = (
        link.replace(f"e={expires}", f"e={int(expires) + 3600}"),
        link.replace(sha256, sha256_of(b"another file")),
        link.replace(company, shop.company.people["hq"].hex),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        f"{path}?e={expires}&s=签名",
        f"{path}?e={expires}&s=",
    )
    for changed in tampered:
        assert problem(client.get(changed)) == (403, "media.bad_link"), changed
    assert client.get(path).status_code == 422


def test_a_link_of_another_company_does_not_open_this_ones_file(
    shop: Shop, link: str, other_company: Company, client: httpx.Client
) -> None:
    other = link.replace(shop.company.id.hex, other_company.id.hex)
    assert problem(client.get(other)) == (403, "media.bad_link")


def test_a_file_that_storage_has_lost_is_not_found(shop: Shop, link: str, client: httpx.Client) -> None:
    shop.parts.blobs.delete(sha256_of(CONTENT))
    assert problem(client.get(link)) == (404, "file.not_found")


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=100-", 100, len(CONTENT)),
        ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
        ("bytes=0-", 0, len(CONTENT)),
        (f"bytes=0-{len(CONTENT) - 1}", 0, len(CONTENT)),  # what Safari asks for once it knows the size
        ("bytes=-999999999", 0, len(CONTENT)),
        ("bytes=5-999999999", 5, len(CONTENT)),
    ],
)
def test_a_player_gets_the_part_it_asks_for(link: str, client: httpx.Client, asked: str, first: int, end: int) -> None:
    answer = client.get(link, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, CONTENT[first:end])
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(CONTENT)}"
    assert answer.headers["content-length"] == str(end - first)


@pytest.mark.parametrize(
    "asked", ["bytes=", "bytes=-", "bytes=9-3", "bytes=0-1,4-5", "lines=1-2", "junk", "bytes=" + "9" * 5000 + "-"]
)
def test_a_range_that_makes_no_sense_to_us_gets_the_whole(link: str, client: httpx.Client, asked: str) -> None:
    answer = client.get(link, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.parametrize("asked", [f"bytes={len(CONTENT)}-", "bytes=-0"])
def test_a_part_past_the_end_is_refused_with_the_size(link: str, client: httpx.Client, asked: str) -> None:
    answer = client.get(link, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"
