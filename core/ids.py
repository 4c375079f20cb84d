"""Identifiers: UUID version 7 (RFC 9562), which sort by the time they were made."""

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last_tick = 0


def new_id() -> uuid.UUID:
    """Return a new UUIDv7, greater than every one this process made before.

    48 bits of milliseconds, 12 bits of the fraction below (RFC 9562, section 6.2, method 3), 62 random bits.
    """
    global _last_tick
    with _lock:
        tick = max((time.time_ns() << 12) // 1_000_000, _last_tick + 1)
        _last_tick = tick
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    random_bits = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | random_bits)


def derived_id(*parts: object) -> uuid.UUID:
    """Return the same id (UUIDv5) for the same parts, so that work done twice meets its own first result."""
    return uuid.uuid5(uuid.NAMESPACE_OID, "\x1f".join(map(str, parts)))
