"""Artwork from outside, opened in a child process that may crash, hang or grow: the server that asks must not."""

import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from core.text import Text
from vision.errors import PROBLEMS as PHOTO_PROBLEMS
from vision.errors import PhotoError, photo_error
from vision.photo import MAX_BYTES, Photo, open_photo
from vision.promo import artwork

TIME_LIMIT_S: Final = 40
MEMORY_LIMIT: Final = 3 * 1024**3  # of address space: what a picture of 50 megapixels needs, and the libraries
FAILED: Final = 3


class _Answer(msgspec.Struct, array_like=True):
    packed: bytes
    pixels: bytes
    shape: tuple[int, int]
    width: int
    height: int
    media_type: str
    sha256: str


def make_guarded(data: bytes, time_limit_s: float = TIME_LIMIT_S) -> tuple[Photo, artwork.Artwork]:
    """Open a file and make artwork of it, all in a child process.

    Raises:
        PhotoError: it is no picture, or one of `artwork.PROBLEMS`; `photo.damaged` when the decoder died on it.

    """
    if len(data) > MAX_BYTES:
        raise photo_error("photo.too_large")
    try:
        child = subprocess.run(
            [sys.executable, "-m", "vision.promo.guard"],
            input=data, capture_output=True, timeout=time_limit_s, check=False,
            cwd=Path(__file__).resolve().parent.parent.parent,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise photo_error("photo.damaged") from error
    if child.returncode == FAILED:
        raise _error(child.stdout.decode())
    if child.returncode != 0:
        raise photo_error("photo.damaged")
    told = msgspec.msgpack.decode(child.stdout, type=_Answer)
    pixels = np.frombuffer(told.pixels, np.uint8).reshape(*told.shape, 3)
    photo = Photo(pixels, told.width, told.height, told.media_type, told.sha256)
    return photo, artwork.unpack(told.packed)


def _error(code: str) -> PhotoError:
    texts: dict[str, Text] = PHOTO_PROBLEMS | artwork.PROBLEMS
    return PhotoError(code, texts[code]) if code in texts else photo_error("photo.damaged")


def main() -> int:
    """Be the child: a file on standard input, its artwork on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    data = sys.stdin.buffer.read()
    try:
        photo = open_photo(data)
        made = artwork.make(photo, data)
    except PhotoError as error:
        sys.stdout.write(error.code)
        return FAILED
    answer = _Answer(
        packed=artwork.pack(made),
        pixels=photo.pixels.tobytes(),
        shape=(photo.pixels.shape[0], photo.pixels.shape[1]),
        width=photo.width,
        height=photo.height,
        media_type=photo.media_type,
        sha256=photo.sha256,
    )
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
