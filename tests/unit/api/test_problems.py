"""Whatever goes wrong, the answer is a problem with a stable code, in the reader's language."""

import re
from typing import Annotated, Any

import msgspec
import pytest
import sqlalchemy as sa
from litestar import Litestar, get, post
from litestar.params import FromQuery, JSONBody
from litestar.testing import TestClient

from api.app import create_app
from api.guard import PUBLIC
from api.problems import understand
from core.errors import (
    ChecksumMismatch,
    Conflict,
    Gone,
    Invalid,
    Locked,
    NotFound,
    StorepatrolError,
    TooManyRequests,
    Unavailable,
)
from core.parts import Parts
from core.text import Text

TROUBLE: dict[str, Exception] = {
    "ours": Invalid("visit.item_unknown", Text("没有此检查项", "No such item"), item_id="x"),
    "missing": NotFound("visit.not_found", "No such visit"),
    "conflict": Conflict("visit.already_submitted", "Submitted before"),
    "gone": Gone("upload.expired", "Expired"),
    "checksum": ChecksumMismatch("upload.checksum_mismatch", "Not what was sent"),
    "locked": Locked("upload.locked", "Busy"),
    "slow": TooManyRequests("session.throttled", "Wait", retry_after=7),
    "away": Unavailable("storage.unavailable", "The storage is away"),
    "integrity": sa.exc.IntegrityError("INSERT", {}, ValueError("secret value")),
    "data": sa.exc.DataError("INSERT", {}, ValueError("secret value")),
    "database": sa.exc.OperationalError("SELECT", {}, ValueError("secret value")),
    "pool": sa.exc.TimeoutError("secret value"),
    "mistake": ZeroDivisionError("secret value"),
    "impersonating": Invalid("x.y", "detail", status=200, type="other"),
}


class Body(msgspec.Struct, forbid_unknown_fields=True):
    count: Annotated[int, msgspec.Meta(ge=1)]
    name: Text


@post("/body", opt=PUBLIC, sync_to_thread=False)
def body(data: JSONBody[Body], limit: FromQuery[int] = 1) -> dict[str, Any]:
    return {"count": data.count, "limit": limit}


@pytest.fixture(scope="module")
def troubled(parts: Parts) -> TestClient[Litestar]:
    app = create_app(parts)
    app.register(body)
    for kind, error in TROUBLE.items():
        app.register(raising(kind, error))
    return TestClient(app, raise_server_exceptions=False)


def raising(kind: str, error: Exception) -> Any:
    @get(f"/trouble/{kind}", opt=PUBLIC, sync_to_thread=False, name=kind)
    def handler() -> None:
        raise error

    return handler


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("ours", 422, "visit.item_unknown"),
        ("missing", 404, "visit.not_found"),
        ("conflict", 409, "visit.already_submitted"),
        ("gone", 410, "upload.expired"),
        ("checksum", 460, "upload.checksum_mismatch"),
        ("locked", 423, "upload.locked"),
        ("slow", 429, "session.throttled"),
        ("away", 503, "storage.unavailable"),
        ("integrity", 409, "request.conflict"),
        ("data", 422, "request.invalid"),
        ("database", 503, "database.unavailable"),
        ("pool", 503, "database.unavailable"),
        ("mistake", 500, "server.unforeseen"),
        ("impersonating", 422, "x.y"),
    ],
)
def test_each_error_has_its_status_and_code(troubled: TestClient[Litestar], kind: str, status: int, code: str) -> None:
    answer = troubled.get(f"/trouble/{kind}")
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (status, status)
    assert (problem["code"], problem["type"]) == (code, f"/problems/{code}")
    assert problem["trace_id"] == answer.headers["X-Trace-Id"]
    assert problem["title"]
    assert "secret" not in answer.text


def test_what_a_client_needs_beside_the_code_comes_along(troubled: TestClient[Litestar]) -> None:
    assert troubled.get("/trouble/ours").json()["item_id"] == "x"
    assert troubled.get("/trouble/slow").headers["Retry-After"] == "7"
    assert int(troubled.get("/trouble/away").headers["Retry-After"]) > 0


def test_a_problem_is_told_in_the_readers_language(troubled: TestClient[Litestar]) -> None:
    chinese = troubled.get("/trouble/ours", headers={"Accept-Language": "zh-CN"})
    english = troubled.get("/trouble/ours", headers={"Accept-Language": "en"})
    assert (chinese.json()["detail"], chinese.headers["Content-Language"]) == ("没有此检查项", "zh")
    assert (english.json()["detail"], english.headers["Content-Language"]) == ("No such item", "en")


NAME = {"zh": "店", "en": "store"}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": NAME}, "count"),
        ({"count": 1, "name": {"zh": "店"}}, "en"),
        ({"count": "many", "name": NAME}, "count"),
        ({"count": 0, "name": NAME}, "count"),
        ({"count": 1, "name": NAME, "surplus": 1}, "surplus"),
        ([], "object"),
    ],
)
def test_a_body_that_does_not_fit_is_told_where(troubled: TestClient[Litestar], sent: object, field: str) -> None:
    answer = troubled.post("/body", json=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert field in str(answer.json()["fields"])
    assert field in answer.json()["detail"]


def test_a_body_that_is_missing_is_told(troubled: TestClient[Litestar]) -> None:
    answer = troubled.post("/body")
    assert (answer.status_code, answer.json()["fields"][0]["reason"]) == (422, "a JSON body is needed")


@pytest.mark.parametrize("sent", [b"{", b"\xff\xfe", b'{"count": 1e999999}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_told(troubled: TestClient[Litestar], sent: bytes) -> None:
    answer = troubled.post("/body", content=sent)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("request.malformed", "request.invalid")


def test_a_wrong_query_is_told(troubled: TestClient[Litestar]) -> None:
    answer = troubled.post("/body?limit=many", json={"count": 1, "name": NAME})
    assert answer.json()["fields"] == [{"in": "query", "field": "limit", "reason": "Expected `int`, got `str`"}]


def test_a_body_over_the_limit_is_refused(troubled: TestClient[Litestar]) -> None:
    answer = troubled.post("/body", content=b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


def test_an_unknown_address_and_method_are_problems_too(troubled: TestClient[Litestar]) -> None:
    assert troubled.get("/api/v1/nothing").json()["code"] == "route.not_found"
    assert troubled.get("/api/nothing").json()["code"] == "route.not_found"
    wrong_method = troubled.patch("/body")
    assert wrong_method.json()["code"] == "route.method_not_allowed"
    assert "POST" in wrong_method.headers["Allow"]


def test_every_error_of_the_tree_has_a_code_of_its_own_kind() -> None:
    def below(kind: type[StorepatrolError]) -> set[type[StorepatrolError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    for kind in below(StorepatrolError):
        assert 400 <= kind.status <= 599
        assert kind.title.zh
        assert kind.title.en


@pytest.mark.parametrize("error", [RuntimeError("x"), KeyError("y"), msgspec.ValidationError("z")])
def test_every_exception_is_understood(error: Exception) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", understand(error).code)
