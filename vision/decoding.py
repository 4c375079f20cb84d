"""An opened picture of any format → RGB pixels near the working size, in little more memory than its decoder needs.

A legal picture has 50 million pixels: 200 MB once in a decoder, and another 200 MB with every full-size copy. So
nothing here copies the whole: colours are converted and pixels reduced strip by strip.
"""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

STRIP_PIXELS = 1_000_000

Strips = Callable[[int, int], Image.Image]
"""Gives the rows from `top` to `bottom` of a full-size picture, in whatever mode it has."""


def open_header(data: bytes, media_type: str) -> Image.Image:
    """Open without decoding any pixel; raises what Pillow and libheif raise on damaged bytes."""
    if media_type == "image/heic":
        return pillow_heif.HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
    formats = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/avif": "AVIF"}
    return Image.open(io.BytesIO(data), formats=[formats[media_type]])


def decode(picture: Image.Image, data: bytes, media_type: str, working_side: int) -> Image.Image:
    """Return the picture in RGB, its long side `working_side` to twice that where it was larger; not yet turned."""
    if media_type == "image/jpeg":  # libjpeg decodes at 1/2, 1/4, 1/8 for a fraction of the work
        _draft(picture, working_side)
    largest = max(picture.size)
    factor = largest // working_side if largest > 2 * working_side else 1
    if media_type == "image/jpeg" and factor == 1 and picture.mode == "RGB":
        picture.load()  # what nearly every photo is: already small, already RGB, nothing to copy
        return picture
    return reduced(_strips(picture, data, media_type), picture.size, factor)


def reduced(strips: Strips, size: tuple[int, int], factor: int) -> Image.Image:
    """Return the picture of `size` in RGB at 1/`factor`; each pixel is the mean of the `factor`² it stands for."""
    width, height = size
    rows = factor * max(1, STRIP_PIXELS // (width * factor))
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        strip = to_rgb(strips(top, min(top + rows, height)))
        small.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    return small


def to_rgb(picture: Image.Image) -> Image.Image:
    """Bring any mode to 8-bit RGB; what was transparent becomes white."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode.startswith("I"):  # 16-bit grey
        grey = np.asarray(picture).astype(np.float32) / 257.0
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")


def _draft(picture: Image.Image, working_side: int) -> None:
    reduce = max(picture.size) / working_side
    if reduce > 1:
        picture.draft(None, (int(picture.width / reduce), int(picture.height / reduce)))


def _strips(picture: Image.Image, data: bytes, media_type: str) -> Strips:
    pixels = _array(data, media_type)
    if pixels is not None and pixels.shape[1::-1] == picture.size:
        return lambda top, bottom: Image.fromarray(pixels[top:bottom])
    picture.load()
    return lambda top, bottom: picture.crop((0, top, picture.width, bottom))


def _array(data: bytes, media_type: str) -> NDArray[np.uint8] | None:
    """Decode where that takes less memory than Pillow's way, which copies; None where Pillow shall try.

    Of a WebP of 50 megapixels Pillow holds four copies (its decoder is one for animations), of an HEIC two.
    """
    if media_type == "image/heic":
        return np.asarray(pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True))
    if media_type == "image/webp":
        try:
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error:
            return None
        if pixels is None or pixels.ndim != 3:
            return None  # damaged: Pillow tells how
        turned = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}[pixels.shape[2]]
        return np.asarray(cv2.cvtColor(pixels, turned, dst=pixels), dtype=np.uint8)
    return None
