"""Is the process alive, and can it serve? /health/live and /health/ready, for whoever restarts or routes."""

from typing import Literal

import msgspec
from litestar import Response, Router, get

from api.guard import PUBLIC
from api.inject import TheParts
from core import migrate
from core.errors import Unavailable
from core.parts import Parts

PartState = Literal["ok", "away", "not_migrated"]


class Live(msgspec.Struct, frozen=True):
    """The process answers."""

    live: bool = True


class Ready(msgspec.Struct, frozen=True):
    """Whether every part answers, and the state of each."""

    ready: bool
    parts: dict[str, PartState]


@get("/live", opt=PUBLIC, sync_to_thread=False)
def live() -> Live:
    """Answer as long as the process can."""
    return Live()


@get("/ready", opt=PUBLIC, sync_to_thread=True)
def ready(parts: TheParts) -> Response[Ready]:
    """Answer 200 when the database (with today's schema) and the storage answer, else 503 saying which does not."""
    states: dict[str, PartState] = {"database": _database(parts), "storage": _storage(parts)}
    all_ok = all(state == "ok" for state in states.values())
    return Response(Ready(ready=all_ok, parts=states), status_code=200 if all_ok else 503)


def _database(parts: Parts) -> PartState:
    try:
        parts.database.check()
    except Unavailable:
        return "away"
    return "ok" if migrate.is_current(parts.database.engine) else "not_migrated"


def _storage(parts: Parts) -> PartState:
    try:
        parts.blobs.check()
    except Unavailable:
        return "away"
    return "ok"


router = Router("/health", route_handlers=[live, ready], tags=["health"])
