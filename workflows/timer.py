"""What time brings: overdue tasks go up, old uploads and recordings go away, due jobs reach the queue server."""

import datetime as dt
import threading
import time
from collections.abc import Callable

from core import jobs
from core.access.sign_in import forget_expired
from core.caller import installation
from core.db import AWAY
from core.log import get_logger
from core.parts import Parts
from workflows.dispatch import Dispatcher
from workflows.escalation.service import sweep
from workflows.privacy.dropping import Sweeper
from workflows.uploads.service import expire_uploads

log = get_logger(__name__)

DISPATCH_EVERY_S = 0.2
REST_S = 1.0
"""Between two tries to reach a queue server that is away."""
TIDY_EVERY_S = 3600.0
DONE_JOBS_STAY = dt.timedelta(days=30)


class Timer:
    """Any number may run; every effect is guarded in the database."""

    def __init__(self, parts: Parts, dispatcher: Dispatcher | None = None) -> None:
        self._parts, self._dispatcher = parts, dispatcher
        self._recordings = Sweeper(parts)
        self._next_tidying = 0.0

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop."""
        every = self._parts.settings.sweep_every.total_seconds()
        next_tick = next_dispatch = time.monotonic()
        while not stop.is_set():
            if self._dispatcher and time.monotonic() >= next_dispatch:
                rest = DISPATCH_EVERY_S if _go_on(self._dispatcher.dispatch) else REST_S
                next_dispatch = time.monotonic() + rest
            if time.monotonic() >= next_tick:
                next_tick = time.monotonic() + every
                _go_on(self.tick)
            soonest = min(next_tick, next_dispatch) if self._dispatcher else next_tick
            stop.wait(max(0.0, soonest - time.monotonic()))

    def tick(self) -> None:
        """Do everything that is due now."""
        raised = sweep(self._parts)
        if raised:
            log.info("tasks escalated", count=raised)
        expire_uploads(self._parts, self._parts.clock.now())
        if time.monotonic() >= self._next_tidying:
            self._next_tidying = time.monotonic() + TIDY_EVERY_S
            self.tidy()
        swept = self._recordings.sweep(self._parts.clock.now())
        if swept.dropped or swept.failed:
            log.info("recordings deleted", count=swept.dropped, failed=swept.failed)

    def tidy(self) -> None:
        """Delete what nobody needs any more: jobs done long ago, expired refresh tokens."""
        now = self._parts.clock.now()
        with self._parts.database.transaction(installation()) as session:
            forgotten = jobs.forget_done(session, now - DONE_JOBS_STAY)
            forget_expired(session, now)
        if forgotten:
            log.info("old jobs deleted", count=forgotten)


def _go_on(work: Callable[[], object]) -> bool:
    """Do a piece of work; False when a part it stands on is away, which must not hold up the other pieces."""
    try:
        work()
    except AWAY as error:
        log.warning("a part is away, trying again", error=str(error))
        return False
    return True
