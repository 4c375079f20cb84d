"""What is wrapped around every request: a trace id, one log line, and the headers that harden a browser."""

import re
import time
from collections.abc import MutableMapping
from typing import Any, cast

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Receive, Scope, Send

from core.ids import new_id
from core.log import bound_contextvars, get_logger

log = get_logger(__name__)

TRACE_HEADER = "X-Trace-Id"
_TRACE = "storepatrol_trace_id"
_FITTING = re.compile(r"[A-Za-z0-9._-]{8,64}")

_ALWAYS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def trace_id_of(scope: MutableMapping[str, Any] | Scope) -> str:
    """Return the trace id of a request."""
    return cast("str", cast("dict[str, Any]", scope)["state"][_TRACE])


class TracedLitestar(Litestar):
    """Litestar with our envelope around every request, also around those no route answers."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one connection."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        trace_id = _trace_id(scope)
        scope.setdefault("state", {})[_TRACE] = trace_id
        with bound_contextvars(trace_id=trace_id):
            await self._answer(scope, receive, send, trace_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, trace_id: str) -> None:
        started, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._complete_headers(MutableScopeHeaders.from_message(message), scope["path"], trace_id)
            await send(message)

        try:
            await super().__call__(scope, receive, send_with_headers)
        finally:
            if not scope["path"].startswith("/health/"):
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                log.info("request", method=scope.get("method"), path=scope["path"], status=status, ms=milliseconds)

    def _complete_headers(self, headers: MutableScopeHeaders, path: str, trace_id: str) -> None:
        headers[TRACE_HEADER] = trace_id
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        if self.state["parts"].settings.secure_cookies:  # the installation is behind TLS
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")


def _trace_id(scope: Scope) -> str:
    """Return the id the client sent, when it looks like one, else a new one."""
    wanted = TRACE_HEADER.lower().encode()
    sent = next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
    return sent if _FITTING.fullmatch(sent) else new_id().hex
