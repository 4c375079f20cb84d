"""Capture nonces: proof that a photo was taken after the server spoke with that person's phone about that store.

Nothing is stored when one is given out; it carries its own proof. That it is used once, its first photo's row tells.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import uuid
from typing import Literal

import msgspec

from core.ids import new_id

NonceState = Literal["good", "late", "early", "invalid"]
LIVES = dt.timedelta(hours=12)
"""A visit without network is done with nonces taken along."""
_TIME = 8


class Bearer(msgspec.Struct, frozen=True):
    """Whose nonce it is, and for which store."""

    company_id: uuid.UUID
    person_id: uuid.UUID | None
    store_id: uuid.UUID


class Nonces:
    """Gives and checks nonces with the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"capture nonce\0" + secret.encode()).digest()

    def give(self, bearer: Bearer, now: dt.datetime) -> str:
        """Return a nonce that is good from now on."""
        return self._write(bearer, new_id(), int(now.timestamp()))

    def check(self, nonce: str, bearer: Bearer, captured_at: dt.datetime) -> tuple[NonceState, uuid.UUID | None]:
        """Tell what a nonce proves about a photo taken then, and which nonce it is."""
        try:
            raw = base64.urlsafe_b64decode(nonce.encode())
        except (binascii.Error, ValueError):
            return "invalid", None
        if len(raw) < 16 + _TIME:
            return "invalid", None
        nonce_id, given = uuid.UUID(bytes=raw[:16]), int.from_bytes(raw[16 : 16 + _TIME], "big")
        if not hmac.compare_digest(self._write(bearer, nonce_id, given).encode(), nonce.encode()):
            return "invalid", None
        age = captured_at.timestamp() - given
        if age < -120:  # a clock may be a little off
            return "early", nonce_id
        return ("late" if age > LIVES.total_seconds() else "good"), nonce_id

    def _write(self, bearer: Bearer, nonce_id: uuid.UUID, given: int) -> str:
        head = nonce_id.bytes + given.to_bytes(_TIME, "big")
        owner = f"{bearer.company_id.hex}/{bearer.person_id and bearer.person_id.hex}/{bearer.store_id.hex}"
        proof = hmac.new(self._key, head + owner.encode(), hashlib.sha256).digest()[:18]
        return base64.urlsafe_b64encode(head + proof).decode()
