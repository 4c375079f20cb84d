"""The description of the API, without anything from outside."""

import re

from litestar import Litestar
from litestar.testing import TestClient


def test_the_page_takes_everything_from_this_server(client: TestClient[Litestar]) -> None:
    page = client.get("/api/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith("/") for address in addresses)


def test_the_page_has_no_script_inside_which_the_policy_would_block(client: TestClient[Litestar]) -> None:
    page = client.get("/api/docs").text
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page) == ["", ""]
    assert client.get("/api/docs.js").headers["content-type"].startswith("text/javascript")


def test_the_description_tells_how_to_sign_in(client: TestClient[Litestar]) -> None:
    description = client.get("/api/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    assert set(description["components"]["securitySchemes"]) == {"access_token", "api_key"}
    assert "/api/v1/session" in description["paths"]
