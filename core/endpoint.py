"""One HTTP request to one address that an installation names: bounded in seconds and bytes, whatever answers.

Redirects are not followed, no proxy is asked, nothing is unpacked, no cookie is kept.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from typing import Literal
from urllib.parse import urlsplit

Reason = Literal[
    "timeout", "unreachable", "server_error", "busy", "forbidden", "bad_request", "redirected", "refused", "too_large"
]
_PIECE = 64 * 1024
_REASONS: dict[int, Reason] = {
    400: "bad_request",
    401: "forbidden",
    403: "forbidden",
    422: "bad_request",
    429: "busy",
}


class EndpointFailed(Exception):
    """No answer; `reason` is one of a few words and tells nothing of what was sent or received."""

    def __init__(self, reason: Reason, status: int | None = None) -> None:
        self.reason, self.status = reason, status
        super().__init__(f"{reason} ({status})" if status else reason)


class Endpoint:
    """Posts JSON to `url`, with `key` as bearer token where there is one. For threads; keeps no connection."""

    def __init__(self, url: str, key: str = "", max_bytes: int = 1024 * 1024) -> None:
        self._url, self._key, self._max_bytes = url, key, max_bytes

    def post(self, body: bytes, within_s: float) -> bytes:
        """Return the body of a 200 answer; back after `within_s` seconds at the latest.

        Raises:
            EndpointFailed: there was none.

        """
        exchange = _Exchange(self._url, self._key, body, within_s, self._max_bytes)
        # A thread, because looking up a name and a stream that drips a byte a second know no limit of their own.
        thread = threading.Thread(target=exchange.run, name="endpoint", daemon=True)
        thread.start()
        thread.join(within_s)
        if thread.is_alive():
            exchange.abandon()
            raise EndpointFailed("timeout")
        if isinstance(exchange.outcome, EndpointFailed):
            raise exchange.outcome
        return exchange.outcome


class _Exchange:
    """One request and its answer; `run` ends early when `abandon` is called from another thread."""

    def __init__(self, url: str, key: str, body: bytes, within_s: float, max_bytes: int) -> None:
        self.outcome: bytes | EndpointFailed = EndpointFailed("unreachable")
        address = urlsplit(url)
        self._path, self._body, self._max_bytes = address.path or "/", body, max_bytes
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._abandoned = threading.Event()
        self._socket: socket.socket | None = None
        host = address.hostname or ""
        self._connection = (
            http.client.HTTPSConnection(host, address.port, timeout=within_s, context=ssl.create_default_context())
            if address.scheme == "https"
            else http.client.HTTPConnection(host, address.port, timeout=within_s)
        )

    def run(self) -> None:
        try:
            self.outcome = self._talk()
        except EndpointFailed as error:
            self.outcome = error
        except TimeoutError:
            self.outcome = EndpointFailed("timeout")
        except (OSError, http.client.HTTPException, ValueError):  # ValueError: a name or a header that is none
            self.outcome = EndpointFailed("unreachable")
        finally:
            self._connection.close()

    def abandon(self) -> None:
        self._abandoned.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it may be over already
                # Of the plain socket below TLS too: an SSLSocket must not be touched while another thread reads it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _talk(self) -> bytes:
        self._connection.connect()
        self._socket = self._connection.sock  # the connection forgets it when the answer begins
        if self._abandoned.is_set():
            raise EndpointFailed("timeout")
        self._connection.request("POST", self._path, self._body, self._headers)
        with self._connection.getresponse() as response:
            if response.status != http.client.OK:
                raise EndpointFailed(_reason(response.status), response.status)
            content = bytearray()
            while piece := response.read1(_PIECE):
                content += piece
                if len(content) > self._max_bytes:
                    raise EndpointFailed("too_large", response.status)
            if response.length:
                raise EndpointFailed("unreachable", response.status)  # it hung up in the middle
            return bytes(content)


def _reason(status: int) -> Reason:
    if status >= 500:
        return "server_error"
    if 300 <= status < 400:
        return "redirected"
    return _REASONS.get(status, "refused")
