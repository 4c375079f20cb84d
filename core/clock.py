"""The only source of time. All times are aware and in UTC; a store's own zone is applied where people read."""

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests bring one that they can move."""

    def now(self) -> dt.datetime:
        """Return the present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return the present moment, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


class ShiftedClock:
    """A clock that stands still at `moment` until it is moved: for tests and for replays."""

    def __init__(self, moment: dt.datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("a clock needs an aware time")
        self.moment = moment

    def now(self) -> dt.datetime:
        """Return the moment the clock was last moved to."""
        return self.moment

    def advance(self, span: dt.timedelta) -> None:
        """Move the clock forward by `span`."""
        self.moment += span
