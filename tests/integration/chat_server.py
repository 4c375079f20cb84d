"""A real HTTP server on this machine that speaks OpenAI's chat completions, well or as badly as it is told to."""

import contextlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Behaviour = Callable[["_Handler"], None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Listener"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), json.loads(body)))
        behaviours = self.server.behaviours
        behaviour = behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
        self.close_connection = True
        with contextlib.suppress(OSError):  # the other side has had enough
            behaviour(self)

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers), None))
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body)), "Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, beginning: bytes, drop: bytes) -> None:
        self.wfile.write(beginning)
        while not self.server.over.wait(0.02):
            self.wfile.write(drop)
            self.wfile.flush()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviours: list[Behaviour] = []
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.over = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that hangs up is what several of the tests are about


class ChatServer:
    """Answers as it was told to, one behaviour a request, the last one for ever; remembers what it was asked."""

    def __init__(self) -> None:
        self._listener = _Listener()
        self.url = f"http://127.0.0.1:{self._listener.server_port}/v1"
        self.asked = self._listener.asked
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.over.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()

    def will(self, *behaviours: Behaviour) -> None:
        self._listener.behaviours[:] = behaviours


def completion(content: str, **choice: Any) -> bytes:
    """What a server answers when its model said `content`."""
    message = {"role": "assistant", "content": content}
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "test",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
            "usage": {"prompt_tokens": 2100, "completion_tokens": 60, "total_tokens": 2160},
        },
        ensure_ascii=False,
    ).encode()


def says(*issues: dict[str, Any]) -> Behaviour:
    """The model finds these issues."""
    return lambda handler: handler.answer(completion(json.dumps({"issues": list(issues)}, ensure_ascii=False)))


def answers(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    """The server sends exactly this."""
    return lambda handler: handler.answer(body, status, **headers)


def hangs(handler: _Handler) -> None:
    """The server takes the request and never answers."""
    handler.server.over.wait()


def drips_headers(handler: _Handler) -> None:
    """One more header every moment, for ever."""
    handler.drip(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n")


def streams_for_ever(handler: _Handler) -> None:
    """Server-sent events without end, as if a stream had been asked for."""
    handler.drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b'data: {"choices": []}\n\n')


def sends_a_flood(handler: _Handler) -> None:
    """As many bytes as the line takes."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not handler.server.over.is_set():
        handler.wfile.write(b" " * 65536)


def hangs_up(handler: _Handler) -> None:
    """The connection ends in the middle of the answer."""
    whole = completion('{"issues": []}')
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(whole)))
    handler.end_headers()
    handler.wfile.write(whole[:20])


def talks_something_else(handler: _Handler) -> None:
    """Not HTTP."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n" * 20)
