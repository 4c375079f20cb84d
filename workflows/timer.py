"""What happens because time passes: overdue tasks go up, old uploads go away, due jobs reach the queue server."""

import threading

import sqlalchemy as sa

from core.errors import Unavailable
from core.log import get_logger
from core.parts import Parts
from workflows.dispatch import Dispatcher
from workflows.escalation.service import sweep
from workflows.uploads.service import expire_uploads

log = get_logger(__name__)

DISPATCH_EVERY_S = 0.2


class Timer:
    """Any number may run; every effect is guarded in the database."""

    def __init__(self, parts: Parts, dispatcher: Dispatcher | None = None) -> None:
        self._parts, self._dispatcher = parts, dispatcher

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop."""
        every = self._parts.settings.sweep_every.total_seconds()
        step = DISPATCH_EVERY_S if self._dispatcher else every
        waited = every
        while not stop.is_set():
            try:
                if self._dispatcher:
                    self._dispatcher.dispatch()
                if waited >= every:
                    self.tick()
                    waited = 0.0
            except (Unavailable, sa.exc.OperationalError) as error:
                log.warning("a part is away, trying again", error=str(error))
                stop.wait(1)
            waited += step
            stop.wait(step)

    def tick(self) -> None:
        """Do everything that is due now."""
        raised = sweep(self._parts)
        if raised:
            log.info("tasks escalated", count=raised)
        expire_uploads(self._parts, self._parts.clock.now())
