"""What a phone says about a photo it sends. Lenient: nothing here may cost anybody a photo. Pure."""

import math
from collections.abc import Mapping
from typing import Literal, cast

import msgspec

PositionState = Literal["given", "refused", "unavailable"]
_STATES = ("given", "refused", "unavailable")
LONGEST_NONCE = 200
MOST_OFFSET_MS = 10 * 365 * 24 * 3600 * 1000


class Claims(msgspec.Struct, frozen=True):
    """`clock_offset_ms` is what the phone has to add to its clock to have the server's; null fields were not sent."""

    nonce: str | None = None
    position: PositionState | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    clock_offset_ms: int | None = None


def claims_of(metadata: Mapping[str, str]) -> Claims:
    """Read the keys of `Upload-Metadata` that are about the taking; what makes no sense counts as not sent."""
    latitude, longitude = _number(metadata, "latitude", 90), _number(metadata, "longitude", 180)
    state = metadata.get("position", "")
    given = latitude is not None and longitude is not None
    position = cast("PositionState", state) if state in _STATES and (state != "given" or given) else None
    offset = _number(metadata, "clock_offset_ms", MOST_OFFSET_MS)
    nonce = metadata.get("nonce", "")
    return Claims(
        nonce=nonce if 0 < len(nonce) <= LONGEST_NONCE else None,
        position="given" if given else position,
        latitude=latitude if given else None,
        longitude=longitude if given else None,
        accuracy_m=_number(metadata, "accuracy_m", 1e7) if given else None,
        clock_offset_ms=None if offset is None else round(offset),
    )


def _number(metadata: Mapping[str, str], key: str, most: float) -> float | None:
    try:
        value = float(metadata.get(key, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= most else None
