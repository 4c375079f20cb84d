"""What is around every answer."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

PATHS = ["/", "/health/live", "/api/docs", "/api/openapi.json", "/api/v1/me", "/api/v1/nothing", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_hardened(client: TestClient[Litestar], path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy  # falls back to default-src: no inline script
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=(self)" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_a_trace_id(client: TestClient[Litestar], path: str) -> None:
    first, second = (client.get(path).headers["X-Trace-Id"] for _ in range(2))
    assert first != second


def test_a_client_may_bring_its_own_trace_id(client: TestClient[Litestar]) -> None:
    sent = "photo-01a2040f5da7"
    assert client.get("/health/live", headers={"X-Trace-Id": sent}).headers["X-Trace-Id"] == sent


@pytest.mark.parametrize("sent", ["short", "x" * 65, 'quote"quote', "two words", "../../etc/passwd"])
def test_a_trace_id_that_could_confuse_a_log_is_replaced(client: TestClient[Litestar], sent: str) -> None:
    assert client.get("/health/live", headers={"X-Trace-Id": sent}).headers["X-Trace-Id"] != sent


def test_answers_of_the_api_are_not_kept_by_browsers(client: TestClient[Litestar]) -> None:
    assert client.get("/api/v1/me").headers["Cache-Control"] == "no-store"


def test_a_host_header_with_rubbish_is_refused(client: TestClient[Litestar]) -> None:
    assert client.get("/health/live", headers={"Host": "evil example"}).status_code == 400
