"""The one place where an error becomes a response: RFC 9457 `application/problem+json`, in the reader's language."""

from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from api.language import preferred
from api.trace import trace_id_of
from core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    StorepatrolError,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedType,
)
from core.log import get_logger
from core.text import Text

log = get_logger(__name__)

RETRY_SECONDS = 5


class MethodNotAllowed(StorepatrolError):
    """The path exists, but not for this method."""

    status = 405
    title = Text("不支持该方法", "Method not allowed")


class Unforeseen(StorepatrolError):
    """A mistake of ours. The log has the details under the trace id; the response has none."""


_OF_STATUS: dict[int, tuple[type[StorepatrolError], str, Text]] = {
    400: (Malformed, "request.malformed", Text("请求无法解析", "The request could not be read")),
    401: (Unauthenticated, "access.missing", Text("请先登录", "Sign in first")),
    403: (Forbidden, "access.forbidden", Text("您无权执行此操作", "You may not do this")),
    404: (NotFound, "route.not_found", Text("没有这个地址", "Nothing is served at this address")),
    405: (MethodNotAllowed, "route.method_not_allowed", Text("该地址不支持此方法", "Not with this method")),
    413: (TooLarge, "request.too_large", Text("请求内容过大", "The request is larger than allowed here")),
    415: (UnsupportedType, "request.unsupported_type", Text("不支持的内容类型", "This content type is not taken")),
    429: (TooManyRequests, "request.too_many", Text("请求过于频繁", "Too many requests")),
    503: (Unavailable, "service.unavailable", Text("服务暂时不可用", "The service is away for a moment")),
}


def to_problem(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Return the response for any exception that left a handler."""
    ours = understand(error)
    if ours.status == 503:
        log.warning("request failed, a part is away", code=ours.code, reason=str(error))
    elif ours.status >= 500:
        log.error("request failed", code=ours.code, exc_info=error)
    language = preferred(request.headers.get("accept-language"))
    trace_id = trace_id_of(request.scope)
    body = {
        **ours.extra,
        "type": f"/problems/{ours.code}",
        "title": ours.title.in_(language),
        "status": ours.status,
        "detail": ours.detail.in_(language),
        "code": ours.code,
        "trace_id": trace_id,
    }
    return Response(
        body,
        status_code=ours.status,
        media_type="application/problem+json",
        headers={**_headers(ours), **_allow(error), "Content-Language": language},
    )


def understand(error: Exception) -> StorepatrolError:
    """Return the error of our tree that says what `error` means to the caller."""
    match error:
        case StorepatrolError():
            return error
        case ValidationException():
            return _invalid_request(error)
        case HTTPException():
            return _of_http(error)
        case msgspec.ValidationError():
            return Invalid("request.invalid", Text("内容不符合要求", "The content does not fit"), reason=str(error))
        case RecursionError():  # only a body nested thousands of levels deep brings us there
            return Malformed("request.malformed", Text("请求嵌套过深", "The body is nested too deeply"))
        case sa.exc.SQLAlchemyError():
            return _of_database(error)
        case _:
            return _unforeseen()


def _invalid_request(error: ValidationException) -> Invalid:
    """Name the fields that do not fit, as Litestar found them."""
    found = error.extra if isinstance(error.extra, list) else []
    fields = [_field(entry) for entry in found if isinstance(entry, dict)]
    first = next((f"{field['field'] or field['in']}: {field['reason']}" for field in fields), error.detail)
    return Invalid("request.invalid", Text(f"内容不符合要求: {first}", f"Not valid: {first}"), fields=fields)


def _field(entry: dict[str, Any]) -> dict[str, Any]:
    source, key = str(entry.get("source", "body")), str(entry.get("key", ""))
    reason = str(entry.get("message", ""))
    if reason == "'data'":  # Litestar's way to say that no body came
        reason = "a JSON body is needed"
    return {"in": source.removeprefix("ParamType.").lower(), "field": "" if key == "data" else key, "reason": reason}


def _of_http(error: HTTPException) -> StorepatrolError:
    known = _OF_STATUS.get(error.status_code)
    if known is None:
        return _unforeseen()
    kind, code, detail = known
    return kind(code, detail, reason=error.detail) if error.status_code == 400 else kind(code, detail)


def _of_database(error: sa.exc.SQLAlchemyError) -> StorepatrolError:
    match error:
        case sa.exc.IntegrityError():
            return Conflict("request.conflict", Text("与已有数据冲突", "This conflicts with what is already stored"))
        case sa.exc.DataError():
            return Invalid("request.invalid", Text("内容不符合要求", "A value cannot be stored"))
        case sa.exc.OperationalError() | sa.exc.TimeoutError() | sa.exc.InterfaceError():
            return Unavailable("database.unavailable", Text("数据库暂时不可用", "The database does not answer"))
        case _:
            return _unforeseen()


def _unforeseen() -> Unforeseen:
    return Unforeseen("server.unforeseen", Text("服务器内部错误", "Something went wrong on the server"))


def _headers(error: StorepatrolError) -> dict[str, str]:
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status in (429, 503):
        headers["Retry-After"] = str(error.extra.get("retry_after", RETRY_SECONDS))
    return headers


def _allow(error: Exception) -> dict[str, str]:
    return dict(error.headers or {}) if isinstance(error, HTTPException) else {}
