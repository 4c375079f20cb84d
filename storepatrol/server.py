"""The serving process. Embedded, it also keeps the workers and the timer; in a stack it is the API alone."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from api.app import create_app
from core.parts import Parts
from storepatrol.bootstrap import make_tools
from storepatrol.supervisor import WorkerProcess
from workflows.timer import Timer
from workflows.worker import Worker, worker_name

GRACE_S = 5
"""How long open streams may hold up a stop."""


def serve(parts: Parts, settings_file: Path | None, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; call `ready` once requests are answered."""
    config = uvicorn.Config(
        create_app(parts),
        host=parts.settings.host,
        port=parts.settings.port,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        proxy_headers=False,  # forwarded headers are believed only where a proxy is configured
    )
    server = _Server(config, ready)
    with ExitStack() as stack:
        if parts.settings.mode == "embedded":
            stack.enter_context(_household(parts, settings_file))
        server.run()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            self._ready()


@contextmanager
def _household(parts: Parts, settings_file: Path | None) -> Iterator[None]:
    """Run workers and timer beside the server: models in processes of their own, light work in threads."""
    stop = threading.Event()
    general = Worker(make_tools(parts, ("general",)), ("general",), worker_name(("general",)), owns_process=False)
    threads = [
        threading.Thread(target=WorkerProcess(parts, ("vision",), settings_file).run, args=(stop,), name="vision"),
        threading.Thread(target=WorkerProcess(parts, ("speech",), settings_file).run, args=(stop,), name="speech"),
        threading.Thread(target=general.run, args=(stop,), name="general"),
        threading.Thread(target=Timer(parts).run, args=(stop,), name="timer"),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
