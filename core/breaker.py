"""A circuit breaker: a part that is away is left alone for a while, so that not every caller waits for it in vain."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Opens after `failures` in a row, for `rest_s` seconds; then one caller may try, while the others stay out.

    Each try that fails doubles the rest, up to `longest_s`; one that succeeds closes it. For threads.
    """

    def __init__(
        self,
        failures: int = 3,
        rest_s: float = 60,
        longest_s: float = 600,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._first_rest_s, self._longest_s, self._seconds = failures, rest_s, longest_s, seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._rest_s = rest_s
        self._resting_until_s = 0.0

    def may_try(self) -> bool:
        """Tell whether to call; whoever is told so after a rest is the only one for another rest."""
        with self._lock:
            if self._failures < self._most:
                return True
            now = self._seconds()
            if now < self._resting_until_s:
                return False
            self._resting_until_s = now + self._rest_s
            return True

    def succeeded(self) -> None:
        """Note a call that went well."""
        with self._lock:
            self._failures, self._rest_s = 0, self._first_rest_s

    def failed(self) -> float | None:
        """Note a call that failed; return the seconds of rest where this begins one."""
        with self._lock:
            self._failures += 1
            if self._failures < self._most:
                return None
            if self._failures > self._most:
                self._rest_s = min(self._rest_s * 2, self._longest_s)
            self._resting_until_s = self._seconds() + self._rest_s
            return self._rest_s
