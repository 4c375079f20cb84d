"""Progress of a visit's analysis over server-sent events: /api/v1/visits/{id}/live.

One poller for all watchers looks at the database; a watcher who reads slowly misses intermediate states, never the
latest one, and holds nobody up.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
import sqlalchemy as sa
from litestar import Router, get
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.response import Stream

from api.guard import needs
from api.inject import Id, TheCaller, TheParts
from core.access.permissions import Action
from core.caller import Caller, installation
from core.log import get_logger
from core.parts import Parts
from workflows.visits import service
from workflows.visits.live import LiveVisit, look

log = get_logger(__name__)

POLL_EVERY_S = 0.25
BEAT_EVERY_S = 15.0
STREAM_LIVES_S = 600.0
"""Then the client comes again with a fresh token, so that a right taken away ends a stream too."""


class LiveHub:
    """Watches the visits somebody watches, and tells each watcher the latest state when it has changed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watchers: dict[uuid.UUID, set[asyncio.Queue[LiveVisit]]] = {}
        self._poller: asyncio.Task[None] | None = None

    async def follow(self, visit_id: uuid.UUID) -> AsyncIterator[bytes]:
        """Yield the events of one visit until its analysis is complete or the stream is old."""
        queue: asyncio.Queue[LiveVisit] = asyncio.Queue(maxsize=1)
        self._watchers.setdefault(visit_id, set()).add(queue)
        try:
            if self._poller is None or self._poller.done():
                self._poller = asyncio.create_task(self._poll())
            async for event in _events(queue):
                yield event
        finally:
            self._watchers[visit_id].discard(queue)
            if not self._watchers[visit_id]:
                del self._watchers[visit_id]

    async def _poll(self) -> None:
        last: dict[uuid.UUID, tuple[LiveVisit, int]] = {}
        while self._watchers:
            try:
                states = await sync_to_thread(self._look, tuple(self._watchers))
            except sa.exc.OperationalError as error:
                log.warning("database away, live progress waits", error=str(error))
                states = {}
            for visit_id, state in states.items():
                watchers = self._watchers.get(visit_id, set())
                known = (state, len(watchers))
                if last.get(visit_id) != known:
                    last[visit_id] = known
                    for queue in watchers:
                        _replace(queue, state)
            await asyncio.sleep(POLL_EVERY_S)

    def _look(self, visit_ids: tuple[uuid.UUID, ...]) -> dict[uuid.UUID, LiveVisit]:
        with self._parts.database.snapshot(installation()) as session:
            return look(session, visit_ids)


def _replace(queue: "asyncio.Queue[LiveVisit]", state: LiveVisit) -> None:
    with suppress(asyncio.QueueEmpty):
        queue.get_nowait()
    queue.put_nowait(state)


async def _events(queue: "asyncio.Queue[LiveVisit]") -> AsyncIterator[bytes]:
    ends = time.monotonic() + STREAM_LIVES_S
    shown: LiveVisit | None = None
    while time.monotonic() < ends:
        try:
            state = await asyncio.wait_for(queue.get(), BEAT_EVERY_S)
        except TimeoutError:
            yield b": still here\n\n"
            continue
        if state != shown:
            shown = state
            yield b"event: progress\ndata: " + msgspec.json.encode(state) + b"\n\n"
        if state.complete:
            return


@get("/visits/{visit_id:uuid}/live", opt=needs(Action.SEE_VISITS), tags=["visits"], media_type="text/event-stream")
async def live(parts: TheParts, caller: TheCaller, state: State, visit_id: Id) -> Stream:
    """Stream `event: progress` with the visit's state whenever it changes; ends when the analysis is complete."""
    await sync_to_thread(_check, parts, caller, visit_id)
    hub: LiveHub = state["live_hub"]
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(hub.follow(visit_id), media_type="text/event-stream", headers=headers)


def _check(parts: Parts, caller: Caller, visit_id: uuid.UUID) -> None:
    with parts.database.snapshot(caller) as session:
        service.get(session, visit_id)


router = Router("/", route_handlers=[live])
