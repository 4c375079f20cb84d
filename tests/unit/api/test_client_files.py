"""The client's files, as a browser gets them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from core.parts import Parts

SCRIPT = "console.log('ready');\n" * 200


@pytest.fixture
def built(parts: Parts, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    folder = tmp_path / "client"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>巡店</title>", "utf-8")
    (folder / "sw.js").write_text("self.skipWaiting()")
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "assets" / "index-a1b2c3.js").write_text(SCRIPT)
    (tmp_path / "secret.key").write_text("not for you")
    with TestClient(create_app(parts, client=folder)) as client:
        yield client


def test_the_page_is_at_the_root_and_always_asked_for_anew(built: TestClient[Litestar]) -> None:
    answer = built.get("/")
    assert "巡店" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_service_worker_is_always_asked_for_anew(built: TestClient[Litestar]) -> None:
    answer = built.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert built.get("/sw.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_file_with_a_hash_in_its_name_is_kept_for_ever(built: TestClient[Litestar]) -> None:
    answer = built.get("/assets/index-a1b2c3.js")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == SCRIPT
    assert built.get("/assets/index-a1b2c3.js", headers={"Accept-Encoding": "identity"}).text == SCRIPT


def test_the_manifest_has_its_type(built: TestClient[Litestar]) -> None:
    assert built.get("/manifest.webmanifest").headers["content-type"] == "application/manifest+json"


@pytest.mark.parametrize(
    "path", ["/../secret.key", "/..%2fsecret.key", "/assets/../../secret.key", "/%2e%2e/secret.key"]
)
def test_nothing_outside_the_folder_is_served(built: TestClient[Litestar], path: str) -> None:
    answer = built.get(path)
    assert answer.status_code == 404
    assert "not for you" not in answer.text


def test_a_server_without_a_built_client_says_what_to_do(client: TestClient[Litestar]) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "make run" in answer.text
