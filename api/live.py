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
from litestar import Router, get
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.response import Stream

from api.guard import needs
from api.inject import Id, TheCaller, TheParts
from core.access.permissions import Action
from core.caller import Caller, installation
from core.db import DATABASE_AWAY
from core.log import get_logger
from core.parts import Parts
from workflows.visits import service
from workflows.visits.live import LiveVisit, look

log = get_logger(__name__)

POLL_EVERY_S = 0.25
BEAT_EVERY_S = 15.0
STREAM_LIVES_S = 600.0
"""Then the client comes again with a fresh token, so that a right taken away ends a stream too."""


class Watcher:
    """One open stream: room for the latest state of a visit, and what was put there last."""

    def __init__(self, visit_id: uuid.UUID) -> None:
        self.visit_id = visit_id
        self._latest: LiveVisit | None = None
        self._room: asyncio.Queue[LiveVisit | None] = asyncio.Queue(maxsize=1)

    def tell(self, state: LiveVisit) -> None:
        """Offer a state; one that was not fetched yet gives way, one that is no news is left out."""
        if state != self._latest:
            self._latest = state
            self._put(state)

    def end(self) -> None:
        """Let the stream end."""
        self._put(None)

    def _put(self, entry: LiveVisit | None) -> None:
        with suppress(asyncio.QueueEmpty):
            self._room.get_nowait()
        self._room.put_nowait(entry)

    async def events(self) -> AsyncIterator[bytes]:
        """Yield what was told, until the analysis has settled, the server stops or the stream is old."""
        ends = time.monotonic() + STREAM_LIVES_S
        while time.monotonic() < ends:
            try:
                state = await asyncio.wait_for(self._room.get(), BEAT_EVERY_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if state is None:
                return
            yield b"event: progress\ndata: " + msgspec.json.encode(state) + b"\n\n"
            if state.settled:
                return


class LiveHub:
    """Watches the visits somebody watches, and tells each watcher the latest state when it has changed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watchers: set[Watcher] = set()
        self._poller: asyncio.Task[None] | None = None

    @property
    def watched(self) -> int:
        """Return how many streams are open."""
        return len(self._watchers)

    async def follow(self, visit_id: uuid.UUID) -> AsyncIterator[bytes]:
        """Yield the events of one visit until its analysis has settled or the stream is old."""
        watcher = Watcher(visit_id)
        self._watchers.add(watcher)
        try:
            if self._poller is None or self._poller.done():
                self._poller = asyncio.create_task(self._poll())
            async for event in watcher.events():
                yield event
        finally:
            self._watchers.discard(watcher)

    def close(self) -> None:
        """End every stream, so that the server can stop; call it in the event loop."""
        for watcher in self._watchers:
            watcher.end()

    async def _poll(self) -> None:
        while self._watchers:
            try:
                states = await sync_to_thread(self._look, frozenset(watcher.visit_id for watcher in self._watchers))
            except DATABASE_AWAY as error:
                log.warning("database away, live progress waits", error=str(error))
                states = {}
            except Exception:
                # Nobody awaits this task: what it raised would be seen by none, and every stream would fall silent.
                log.exception("live progress could not be read, trying again")
                states = {}
            for watcher in self._watchers:
                if watcher.visit_id in states:
                    watcher.tell(states[watcher.visit_id])
            await asyncio.sleep(POLL_EVERY_S)

    def _look(self, visit_ids: frozenset[uuid.UUID]) -> dict[uuid.UUID, LiveVisit]:
        with self._parts.database.snapshot(installation()) as session:
            return look(session, visit_ids)


@get("/visits/{visit_id:uuid}/live", opt=needs(Action.SEE_VISITS), tags=["visits"], media_type="text/event-stream")
async def live(parts: TheParts, caller: TheCaller, state: State, visit_id: Id) -> Stream:
    """Stream `event: progress` with the visit's state whenever it changes; ends when the analysis has settled."""
    await sync_to_thread(_check, parts, caller, visit_id)
    hub: LiveHub = state["live_hub"]
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(hub.follow(visit_id), media_type="text/event-stream", headers=headers)


def _check(parts: Parts, caller: Caller, visit_id: uuid.UUID) -> None:
    with parts.database.snapshot(caller) as session:
        service.get(session, visit_id)


router = Router("/", route_handlers=[live])
