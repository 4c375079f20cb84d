"""Photos nobody should send, made on the fly."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image


def picture(width: int = 400, height: int = 300) -> Image.Image:
    """Return a picture whose left half is red and right half blue, with a white corner at the top left."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2] = (220, 30, 30)
    pixels[:, width // 2 :] = (30, 30, 220)
    pixels[: height // 4, : width // 4] = 255
    return Image.fromarray(pixels)


def encoded(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    """Return the picture as a file of this format."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def rotated_by_exif(orientation: int) -> bytes:
    """Return a JPEG whose pixels lie as stored and whose EXIF tells how to turn them."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture(), exif=exif, quality=95)


def heic(image: Image.Image) -> bytes:
    """Return the picture as an HEIC file."""
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=90)
    return out.getvalue()


def png_bomb(side: int = 60_000) -> bytes:
    """Return a PNG of a few kilobytes that claims to hold `side` by `side` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def animated(form: str) -> bytes:
    """Return an animation of two pictures."""
    return encoded(picture(), form, save_all=True, append_images=[picture().rotate(180)], duration=100)


PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + b"0" * 200
