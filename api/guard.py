"""Who may call a route. Each one says: `opt=needs(Action.SEE_VISITS)` or `opt=PUBLIC`. Saying nothing closes it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.trace import trace_id_of
from core.access.authentication import caller_by_api_key, caller_by_token
from core.access.permissions import Action, require
from core.access.tokens import AccessTokens
from core.caller import Caller
from core.errors import Forbidden, Unauthenticated
from core.log import bind_contextvars
from core.parts import Parts
from core.text import Text

_ACTION: Final = "storepatrol_action"
_PUBLIC: Final = "storepatrol_public"
_CALLER: Final = "storepatrol_caller"

PUBLIC: Mapping[str, Any] = MappingProxyType({_PUBLIC: True})
"""Marks a route that needs no caller: `@get("/health/live", opt=PUBLIC)`."""


def needs(action: Action) -> dict[str, Any]:
    """Mark a route with what it does: `@get("/visits", opt=needs(Action.SEE_VISITS))`."""
    return {_ACTION: action}


def action_of(handler: BaseRouteHandler) -> Action | None:
    """Return the action a route names."""
    return handler.opt.get(_ACTION)


def is_public(handler: BaseRouteHandler) -> bool:
    """Tell whether a route is marked as public."""
    return bool(handler.opt.get(_PUBLIC))


async def authorise(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request pass to its handler, or refuse it. The app applies this to every route.

    Raises:
        Unauthenticated: neither a good access token nor a good API key came with it.
        Forbidden: no role of the caller's allows the route's action; or the route names none.

    """
    if is_public(handler) or connection.scope.get("method") == "OPTIONS":
        return
    action = action_of(handler)
    if action is None:
        raise Forbidden("access.closed", Text("此接口未开放", "This route is open to nobody"))
    caller = await sync_to_thread(_authenticate, connection)
    bind_contextvars(company_id=str(caller.company_id), actor_id=str(caller.actor.id))
    require(caller, action)
    connection.scope["state"][_CALLER] = caller


def _authenticate(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    parts: Parts = connection.app.state["parts"]
    access: AccessTokens = connection.app.state["access_tokens"]
    trace_id = trace_id_of(connection.scope)
    if key := connection.headers.get("x-api-key"):
        return caller_by_api_key(parts, key, trace_id)
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("access.missing", Text("请先登录", "Sign in first"))
    return caller_by_token(parts, access, token.strip(), trace_id)


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Hand the authorised caller to a handler."""
    caller: Caller | None = request.scope["state"].get(_CALLER)
    if caller is None:
        raise Unauthenticated("access.missing", Text("请先登录", "Sign in first"))
    return caller
