"""Signing in and out: /api/v1/session."""

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, Router, delete, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from api.guard import PUBLIC
from api.inject import TheParts
from core.access import sign_in as service
from core.access.authentication import load_person
from core.access.throttle import Throttle
from core.access.tokens import AccessTokens
from core.errors import Forbidden, Unauthenticated
from core.organisation.me import who_am_i
from core.organisation.views import Me
from core.parts import Parts
from core.text import Text

COOKIE = "sp_refresh"
PATH = "/api/v1/session"


class SignInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`keep` says where the refresh token goes: into a cookie no script can read, or into the answer."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    keep: Literal["cookie", "body"] = "body"


class RefreshBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token; left out, it is read from the cookie."""

    refresh_token: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Session(msgspec.Struct, frozen=True):
    """A sign-in: `expires_in` seconds of access; `refresh_token` null when a cookie keeps it."""

    access_token: str
    expires_in: int
    refresh_token: str | None
    person: Me


@post("/", status_code=HTTP_200_OK, opt=PUBLIC, sync_to_thread=True)
def sign_in(request: Request[Any, Any, Any], parts: TheParts, data: JSONBody[SignInBody]) -> Response[Session]:
    """Sign in by login and password."""
    throttle: Throttle = request.app.state["throttle"]
    signed_in = service.sign_in(parts, throttle, data.login, data.password)
    return _answer(request, parts, signed_in, keep_cookie=data.keep == "cookie")


@post("/refresh", status_code=HTTP_200_OK, opt=PUBLIC, sync_to_thread=True)
def refresh(
    request: Request[Any, Any, Any], parts: TheParts, data: JSONBody[RefreshBody | None] = None
) -> Response[Session]:
    """Exchange the refresh token for a new access token and the next refresh token."""
    token, from_cookie = _token(request, data)
    return _answer(request, parts, service.renew(parts, token), keep_cookie=from_cookie)


@delete("/", status_code=HTTP_204_NO_CONTENT, opt=PUBLIC, sync_to_thread=True)
def sign_out(
    request: Request[Any, Any, Any], parts: TheParts, data: JSONBody[RefreshBody | None] = None
) -> Response[None]:
    """Sign out: every refresh token of this sign-in ends."""
    token, _ = _token(request, data)
    service.sign_out(parts, token)
    return Response(None, status_code=HTTP_204_NO_CONTENT, cookies=[_cookie(parts, "", dt.timedelta(0))])


def _answer(
    request: Request[Any, Any, Any], parts: Parts, signed_in: service.SignedIn, *, keep_cookie: bool
) -> Response[Session]:
    caller = load_person(parts, signed_in.person_id)
    if caller is None:
        raise Unauthenticated("session.ended", Text("登录已失效, 请重新登录", "This sign-in has ended; sign in again"))
    with parts.database.snapshot(caller) as session:
        person = who_am_i(session)
    access: AccessTokens = request.app.state["access_tokens"]
    body = Session(
        access_token=access.issue(signed_in.person_id, signed_in.company_id, parts.clock.now()),
        expires_in=int(access.lives.total_seconds()),
        refresh_token=None if keep_cookie else signed_in.refresh_token,
        person=person,
    )
    lives = parts.settings.refresh_token_lives
    return Response(body, cookies=[_cookie(parts, signed_in.refresh_token, lives)] if keep_cookie else [])


def _token(request: Request[Any, Any, Any], body: RefreshBody | None) -> tuple[str, bool]:
    """Return the refresh token and whether it came by cookie."""
    if body is not None and body.refresh_token:
        return body.refresh_token, False
    token = request.cookies.get(COOKIE)
    if not token:
        raise Unauthenticated("session.no_token", Text("请先登录", "Sign in first"))
    _check_origin(request)
    return token, True


def _check_origin(request: Request[Any, Any, Any]) -> None:
    """Refuse a cookie that another site's page made the browser send; SameSite=Strict should have kept it back."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise Forbidden("session.foreign_origin", Text("来源不受信任", "This request comes from another site"))


def _cookie(parts: Parts, token: str, lives: dt.timedelta) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=token,
        path=PATH,
        max_age=int(lives.total_seconds()),
        httponly=True,
        secure=parts.settings.secure_cookies,
        samesite="strict",
    )


router = Router("/session", route_handlers=[sign_in, refresh, sign_out], tags=["session"])
