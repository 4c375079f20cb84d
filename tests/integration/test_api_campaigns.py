"""Campaigns over HTTP: made, given artwork, changed, listed, and closed to those who may not."""

import datetime as dt
import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from core.ids import new_id
from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from vision.photo import MAX_BYTES
from vision.promo.render import render_artwork

URL = "/api/v1/campaigns"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def png(pixels: "np.ndarray[Any, Any]") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def new(company: Company, **changes: Any) -> dict[str, Any]:
    body = {
        "id": str(new_id()), "name": {"zh": "十一月", "en": "November"}, "kind": "poster", "starts": "2026-10-20",
        "ends": "2026-11-20", "node_ids": [str(company.nodes["north"])],
    }  # fmt: skip
    return body | changes


def add_artwork(client: httpx.Client, campaign: str, data: bytes, id_: str | None = None) -> httpx.Response:
    headers = {"Content-Type": "image/png"}
    return client.put(f"{URL}/{campaign}/artworks/{id_ or new_id()}", content=data, headers=headers)


def test_a_campaign_is_made_given_artwork_and_ended(sign_in: SignIn, company: Company, parts: Parts) -> None:
    hq, body = sign_in(company, "hq"), new(company)
    assert [hq.post(URL, json=body).status_code for _ in range(2)] == [201, 200]
    data, id_ = png(render_artwork(5)), str(new_id())
    answers = [add_artwork(hq, body["id"], data, id_) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    piece = answers[0].json()
    assert piece["feature_count"] > 300
    picture = hq.get(piece["thumb_url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    seen = hq.get(f"{URL}/{body['id']}").json()
    assert (seen["timing"], seen["version"], len(seen["artworks"])) == ("running", 2, 1)
    assert seen["places"][0]["name"]["en"] == "north"
    yesterday = (dt.date(2026, 11, 2) - dt.timedelta(days=1)).isoformat()
    ended = hq.patch(f"{URL}/{body['id']}", json={"version": 2, "ends": yesterday})
    assert (ended.status_code, ended.json()["timing"]) == (200, "ended")
    late = hq.patch(f"{URL}/{body['id']}", json={"version": 2, "ends": "2026-12-01"})
    assert (late.status_code, late.json()["code"]) == (409, "campaign.stale")
    removed = hq.delete(f"{URL}/{body['id']}/artworks/{id_}")
    assert (removed.status_code, removed.json()["artworks"]) == (200, [])


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"%PDF-1.7 named .png", 415, "photo.not_a_photo"),
        (png(np.full((900, 700, 3), 200, np.uint8)), 422, "artwork.too_plain"),
        (b"", 422, "photo.empty"),
    ],
)
def test_what_cannot_be_recognised_is_refused_with_a_reason(
    sign_in: SignIn, company: Company, parts: Parts, data: bytes, status: int, code: str
) -> None:
    hq, body = sign_in(company, "hq"), new(company)
    hq.post(URL, json=body)
    refused = add_artwork(hq, body["id"], data)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json()["detail"]
    assert hq.get(f"{URL}/{body['id']}").json()["artworks"] == []


def test_more_than_thirty_megabytes_are_refused(sign_in: SignIn, company: Company, parts: Parts) -> None:
    hq, body = sign_in(company, "hq"), new(company)
    hq.post(URL, json=body)
    assert add_artwork(hq, body["id"], b"\x89PNG" + bytes(MAX_BYTES + 1)).status_code == 413


def test_lists_are_by_time_and_paged(sign_in: SignIn, company: Company, parts: Parts) -> None:
    hq = sign_in(company, "hq")
    days = [
        ("2026-10-01", "2026-10-31"),
        ("2026-11-01", "2026-11-30"),
        ("2026-11-02", "2026-11-02"),
        ("2026-12-01", "2026-12-31"),
    ]
    for starts, ends in days:
        assert hq.post(URL, json=new(company, starts=starts, ends=ends)).status_code == 201
    counts = {
        state: len(hq.get(URL, params={"state": state}).json()["items"]) for state in ("running", "upcoming", "ended")
    }
    assert counts == {"running": 2, "upcoming": 1, "ended": 1}
    seen, cursor = [], None
    while True:
        page = hq.get(URL, params={"limit": 1} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["starts"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["2026-12-01", "2026-11-02", "2026-11-01", "2026-10-01"]


def test_others_read_and_do_not_write(sign_in: SignIn, company: Company, other_company: Company, parts: Parts) -> None:
    hq, body = sign_in(company, "hq"), new(company)
    hq.post(URL, json=body)
    for person in ("north_manager", "supervisor", "manager_a"):
        client = sign_in(company, person)
        assert client.get(f"{URL}/{body['id']}").status_code == 200
        assert client.get(f"{URL}/{body['id']}/coverage").status_code == 200
        assert client.post(URL, json=new(company)).status_code == 403
        assert client.patch(f"{URL}/{body['id']}", json={"version": 1}).status_code == 403
        assert add_artwork(client, body["id"], b"x").status_code == 403
    for stranger in (sign_in(company, "south_manager"), sign_in(other_company, "hq")):
        for path in ("", "/coverage"):
            assert stranger.get(f"{URL}/{body['id']}{path}").status_code == 404
        assert stranger.get(URL).json()["items"] == []
    missing = str(new_id())
    for path in (f"/api/v1/photos/{missing}/material", f"{URL}/{missing}"):
        assert hq.get(path).status_code == 404
