"""Slows down guessing of passwords."""

import collections
import datetime as dt
import threading

import msgspec

from core.errors import TooManyRequests
from core.text import Text

FREE_TRIES = 5
LONGEST_WAIT = dt.timedelta(minutes=5)


class _Tries(msgspec.Struct, frozen=True):
    failed: int
    wait_until: dt.datetime


class Throttle:
    """Makes a login wait after failures: not at all for five, then 1 s, 2 s, 4 s … up to 5 minutes.

    It is kept in memory, per process, for the `capacity` logins that failed last: a restart forgets it, and n API
    processes allow n times as many tries. Unknown logins wait like known ones, so it does not tell who exists.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._tries: collections.OrderedDict[str, _Tries] = collections.OrderedDict()
        self._lock = threading.Lock()

    def check(self, login: str, now: dt.datetime) -> None:
        """Return when this login may try.

        Raises:
            TooManyRequests: it has to wait.

        """
        with self._lock:
            tries = self._tries.get(login)
        if tries is not None and now < tries.wait_until:
            seconds = int((tries.wait_until - now).total_seconds()) + 1
            raise TooManyRequests(
                "session.throttled",
                Text(f"尝试次数过多, 请 {seconds} 秒后再试", f"Too many tries; wait {seconds} seconds"),
                retry_after=seconds,
            )

    def failed(self, login: str, now: dt.datetime) -> None:
        """Remember a failure."""
        with self._lock:
            before = self._tries.pop(login, None)
            failed = 1 + (before.failed if before else 0)
            wait = dt.timedelta() if failed < FREE_TRIES else _wait_after(failed)
            self._tries[login] = _Tries(failed=failed, wait_until=now + wait)
            while len(self._tries) > self._capacity:
                self._tries.popitem(last=False)

    def succeeded(self, login: str) -> None:
        """Forget the failures of a login."""
        with self._lock:
            self._tries.pop(login, None)


def _wait_after(failed: int) -> dt.timedelta:
    wait: dt.timedelta = dt.timedelta(seconds=1) * (1 << min(failed - FREE_TRIES, 20))
    return min(wait, LONGEST_WAIT)
