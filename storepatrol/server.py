"""The serving process. Embedded, it also keeps the workers and the timer; in a stack it is the API alone."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from api.app import create_app
from core.parts import Parts
from core.queues import DETAILS, GENERAL, SPEECH, VISION
from storepatrol.bootstrap import make_tools
from storepatrol.supervisor import WorkerProcess, keep_running, release_orphans
from workflows.timer import Timer
from workflows.worker import Worker, worker_name

GRACE_S = 5
"""How long open streams may hold up a stop."""


def serve(parts: Parts, settings_file: Path | None, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; call `ready` once requests are answered."""
    app = create_app(parts)
    config = uvicorn.Config(
        app,
        host=parts.settings.host,
        port=parts.settings.port,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        proxy_headers=False,  # forwarded headers are believed only where a proxy is configured
    )
    server = _Server(config, ready, app.state["live_hub"].close)
    with ExitStack() as stack:
        if parts.settings.mode == "embedded":
            stack.enter_context(_household(parts, settings_file))
        with _no_second_signal():
            server.run()


@contextmanager
def _no_second_signal() -> Iterator[None]:
    """Uvicorn ends by raising once more the signal that stopped it; that would cut the workers' farewell short."""
    before = {kind: signal.signal(kind, lambda *_: None) for kind in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready, self._end_streams = ready, end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()  # else they would hold up the stop for all of its grace
        await super().shutdown(sockets)

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            self._ready()


@contextmanager
def _household(parts: Parts, settings_file: Path | None) -> Iterator[None]:
    """Run workers and timer beside the server: models in processes of their own, light work in threads."""
    release_orphans(parts)
    general = Worker(make_tools(parts, (GENERAL,)), (GENERAL,), worker_name((GENERAL,)), owns_process=False)
    members = {
        **{queue: WorkerProcess(parts, (queue,), settings_file).run for queue in (VISION, SPEECH, DETAILS)},
        GENERAL: general.run,
        "timer": Timer(parts).run,
    }
    with keep_running(members, threading.Event()):
        yield
