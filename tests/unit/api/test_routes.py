"""Every route says who may call it."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from api.app import create_app
from api.guard import action_of, is_public, needs
from core.access.permissions import PERMISSIONS, Action
from core.parts import Parts

PUBLIC_PATHS = {
    "/",
    "/{file_path:path}",
    "/api",
    "/api/docs",
    "/api/docs.js",
    "/api/openapi.json",
    "/api/v1/session",
    "/api/v1/session/refresh",
    "/health/live",
    "/health/ready",
    "/media/{company_id:uuid}/{sha256:str}",
}
"""Whoever adds one here has thought about it."""


def handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: only HTTP is guarded"
        for handler in route.route_handlers:
            if "OPTIONS" not in handler.http_methods:
                yield route.path, handler


def test_every_route_names_its_action_or_is_public(app: Litestar) -> None:
    open_ended = [path for path, handler in handlers(app) if action_of(handler) is None and not is_public(handler)]
    assert open_ended == []


def test_no_route_is_public_by_accident(app: Litestar) -> None:
    public = {path for path, handler in handlers(app) if is_public(handler)}
    assert public - PUBLIC_PATHS == set()


def test_no_route_is_both(app: Litestar) -> None:
    assert [path for path, handler in handlers(app) if action_of(handler) and is_public(handler)] == []


def test_every_action_has_roles() -> None:
    assert set(PERMISSIONS) == set(Action)
    assert all(PERMISSIONS.values())


def test_every_route_of_the_api_is_described(app: Litestar) -> None:
    described = set(app.openapi_schema.paths or {})
    routes = {route.path_format for route in app.routes if route.path.startswith("/api/v1/")}
    assert routes - described == set()


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_nothing_of_the_api_answers_a_stranger(app: Litestar, method: str) -> None:
    with TestClient(app) as client:
        for path, handler in handlers(app):
            if method in handler.http_methods and not is_public(handler):
                answer = client.request(method, concrete(path))
                assert (answer.status_code, answer.json()["code"]) == (401, "access.missing"), path


def test_a_route_that_names_nothing_is_closed(parts: Parts) -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    app = create_app(parts)
    app.register(forgotten)
    with TestClient(app) as client:
        answer = client.get("/forgotten")
    assert (answer.status_code, answer.json()["code"]) == (403, "access.closed")


def test_needs_names_one_action() -> None:
    marked: dict[str, Any] = needs(Action.SEE_SELF)
    handler = get("/x", opt=marked, sync_to_thread=False)(str)
    assert action_of(handler) is Action.SEE_SELF
    assert not is_public(handler)


def concrete(path: str) -> str:
    """A path with an id wherever the route has a parameter."""
    parts = (("0" * 8 + "-0000-7000-8000-" + "0" * 12) if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)
