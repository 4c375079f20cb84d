"""What a photo's file says about when, where and with what it was made. Anybody can write these fields: a hint only."""

import datetime as dt

import msgspec
from PIL import Image

from vision.decoding import open_header
from vision.photo import HEAD_BYTES, sniff

_EXIF, _GPS = 0x8769, 0x8825
_TAKEN, _OFFSET, _MAKE, _MODEL, _SOFTWARE = 0x9003, 0x9011, 0x010F, 0x0110, 0x0131
_LONGEST = 64


class FileFacts(msgspec.Struct, frozen=True):
    """Fields of EXIF, null where absent or senseless. `taken_at` is the camera's wall clock, `taken_zone` its offset
    ("+08:00"); most phones write both. Latitude and longitude in degrees."""

    taken_at: str | None = None
    taken_zone: str | None = None
    camera: str | None = None
    software: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def read_facts(data: bytes) -> FileFacts:
    """Return what EXIF says; a damaged or missing one says nothing."""
    media_type = sniff(data[:HEAD_BYTES])
    if media_type is None:
        return FileFacts()
    try:
        exif = open_header(data, media_type).getexif()
        inner, gps = exif.get_ifd(_EXIF), exif.get_ifd(_GPS)
    except (OSError, ValueError, KeyError, TypeError, SyntaxError, EOFError, Image.DecompressionBombError):
        return FileFacts()
    camera = " ".join(dict.fromkeys(filter(None, (_text(exif.get(_MAKE)), _text(exif.get(_MODEL))))))
    return FileFacts(
        taken_at=_time(_text(inner.get(_TAKEN))),
        taken_zone=_text(inner.get(_OFFSET)),
        camera=camera or None,
        software=_text(exif.get(_SOFTWARE)),
        latitude=_degrees(gps.get(2), gps.get(1), "S", 90),
        longitude=_degrees(gps.get(4), gps.get(3), "W", 180),
    )


def taken_at(facts: FileFacts, store_zone: dt.tzinfo) -> dt.datetime | None:
    """Return when the camera says it was; without an offset its clock is taken for the store's."""
    if facts.taken_at is None:
        return None
    wall = dt.datetime.fromisoformat(facts.taken_at)
    try:
        zone = dt.datetime.strptime(facts.taken_zone or "", "%z").tzinfo
    except ValueError:
        zone = store_zone
    try:
        return wall.replace(tzinfo=zone).astimezone(dt.UTC)
    except OverflowError:
        return None


def _time(text: str | None) -> str | None:
    try:
        return dt.datetime.strptime(text or "", "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007 - a wall clock's time
    except ValueError:
        return None


def _text(value: object) -> str | None:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        return None
    plain = "".join(letter for letter in text if letter.isprintable()).strip()
    return plain[:_LONGEST] or None


def _degrees(parts: object, side: object, negative: str, most: int) -> float | None:
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    try:
        degrees = float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600
    except (ValueError, ZeroDivisionError, TypeError):
        return None
    if not 0 <= degrees <= most:  # also NaN, of a fraction over zero
        return None
    return round(-degrees if side == negative else degrees, 6)


def carries_metadata(data: bytes) -> bool:
    """Tell whether a JPEG holds EXIF or XMP, which may say where it was taken: not for a copy that people pass on."""
    return b"Exif\0\0" in data[: 1 << 20] or b"http://ns.adobe.com/x" in data[: 1 << 20]
