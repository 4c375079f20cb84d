"""Identifiers: UUID version 7 (RFC 9562), which sort by the time they were made."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """Return a new UUIDv7: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = int.from_bytes(os.urandom(10), "big")
    rand_a = random_bits >> 68
    rand_b = random_bits & ((1 << 62) - 1)
    return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)


def derived_id(*parts: object) -> uuid.UUID:
    """Return the same id for the same parts, so that work done twice meets its own first result."""
    return uuid.uuid5(uuid.NAMESPACE_OID, "\x1f".join(map(str, parts)))
