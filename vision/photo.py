"""A photo from outside: recognised by its first bytes, checked from its header, decoded once, turned upright."""

import hashlib
import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.decoding import decode, open_header
from vision.errors import photo_error

Pixels = NDArray[np.uint8]

MAX_BYTES = 30 * 1024 * 1024
MAX_PIXELS = 50_000_000
WORKING_SIDE = 1600  # pixels of the long side that detection, quality and overlays need at most

HEAD_BYTES = 64  # how many first bytes `sniff` wants to see
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow and libheif raise on damaged bytes, besides OSError for truncated ones.
_DAMAGE = (SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, RuntimeError, struct.error)
# Pillow's warnings are silenced by process-wide filters, which two threads must not swap at once.
_decoding = threading.Lock()


class Photo(msgspec.Struct, frozen=True, eq=False):
    """One upright photo.

    `pixels` is uint8 (h, w, 3) RGB and may be a reduced copy (long side at least `WORKING_SIDE` where the
    original had it). `width` and `height` are those of the full upright photo, and every box that leaves this
    package is in those pixels: multiply by `scale` to get from there to `pixels`.
    """

    pixels: Pixels
    width: int
    height: int
    media_type: str
    sha256: str

    @property
    def scale(self) -> float:
        """Pixels of `pixels` per pixel of the full photo (at most 1)."""
        return float(max(self.pixels.shape[:2]) / max(self.width, self.height))


def sniff(head: bytes) -> str | None:
    """Tell the media type from a file's first bytes (`HEAD_BYTES` of them are enough), or None if no photo."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and len(head) >= 12:
        return _sniff_brands(head)
    return None


def _sniff_brands(head: bytes) -> str | None:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[i : i + 4] for i in range(16, size - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "image/avif"
    return "image/heic" if brands & _HEIC_BRANDS else None


def open_photo(data: bytes, working_side: int = WORKING_SIDE, max_bytes: int = MAX_BYTES) -> Photo:
    """Decode `data` into an upright RGB photo.

    Raises `PhotoError` with one of the codes in `vision.errors.PROBLEMS`. Size limits are checked from the
    header, before any pixel is decoded. Animated PNG and WebP are refused: one photo is evidence of one
    moment. A phone's multi-picture JPEG or HEIC counts as its first (primary) picture.
    """
    media_type = _admit(data, max_bytes)
    with _decoding, _quiet_decoder():
        picture = open_header(data, media_type)
        full = picture.size
        if full[0] * full[1] > MAX_PIXELS:
            raise photo_error("photo.too_many_pixels")
        if media_type in {"image/png", "image/webp", "image/avif"} and getattr(picture, "is_animated", False):
            raise photo_error("photo.animated")
        pixels, turned = _decode(picture, data, media_type, working_side)
    width, height = (full[1], full[0]) if turned else full
    return Photo(pixels, width, height, media_type, hashlib.sha256(data).hexdigest())


def thumbnail(photo: Photo, side: int = 320) -> bytes:
    """Return a JPEG of the photo whose long side is at most `side` pixels."""
    small = Image.fromarray(photo.pixels)
    small.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return encode_jpeg(small, quality=80)


def encode_jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    """Return the picture as JPEG bytes, without any metadata of the original."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _admit(data: bytes, max_bytes: int) -> str:
    if not data:
        raise photo_error("photo.empty")
    if len(data) > max_bytes:
        raise photo_error("photo.too_large")
    media_type = sniff(data[:HEAD_BYTES])
    if media_type is None:
        raise photo_error("photo.not_a_photo")
    return media_type


@contextmanager
def _quiet_decoder() -> Iterator[None]:
    """Turn the decoders' errors into ours and their warnings (bad EXIF, large picture) into nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.DecompressionBombError as error:
            raise photo_error("photo.too_many_pixels") from error
        except OSError as error:
            raise photo_error("photo.truncated" if "truncated" in str(error) else "photo.damaged") from error
        except _DAMAGE as error:
            raise photo_error("photo.damaged") from error


def _decode(picture: Image.Image, data: bytes, media_type: str, working_side: int) -> tuple[Pixels, bool]:
    """Decode at the smallest scale that keeps `working_side`; tell whether width and height were swapped."""
    orientation = picture.getexif().get(_ORIENTATION_TAG, 1)
    upright = decode(picture, data, media_type, working_side)
    turn = _UPRIGHT.get(orientation)
    if turn is not None:
        upright = upright.transpose(turn)
    return np.asarray(upright, dtype=np.uint8), orientation in {5, 6, 7, 8}
