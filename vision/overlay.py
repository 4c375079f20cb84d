"""Pictures that explain a reading: rows outlined, gaps marked, the share that is empty in words."""

from PIL import Image, ImageDraw, ImageFont

from vision.geometry import Box
from vision.photo import Photo, encode_jpeg
from vision.shelf import ShelfReading

LONG_SIDE = 1600  # pixels, at most
ROW_COLOUR = (64, 196, 255)
GAP_COLOUR = (255, 59, 48)
_INK = (255, 255, 255)
_PLATE = (20, 24, 32, 200)


def draw(photo: Photo, reading: ShelfReading) -> bytes:
    """Return the photo as a JPEG (long side at most 1600) with what was read drawn over it."""
    canvas, scale = fit(photo, LONG_SIDE)
    pen = ImageDraw.Draw(canvas, "RGBA")
    width = max(2, round(max(canvas.size) / 400))
    for row in reading.rows:
        pen.rectangle(scaled(row.box, scale), outline=(*ROW_COLOUR, 210), width=max(1, width // 2))
    for gap in reading.gaps:
        box = scaled(gap.box, scale)
        pen.rectangle(box, fill=(*GAP_COLOUR, 56), outline=GAP_COLOUR, width=width)
        _score(pen, box, gap.score, canvas)
    label(pen, (10, 10), _headline(reading), size=max(14, canvas.width // 50))
    return encode_jpeg(canvas)


def fit(photo: Photo, long_side: int) -> tuple[Image.Image, float]:
    """Return a picture of the photo to draw on, and its pixels per full-photo pixel."""
    canvas = Image.fromarray(photo.pixels)
    canvas.thumbnail((long_side, long_side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return canvas, max(canvas.size) / max(photo.width, photo.height)


def scaled(box: Box, scale: float) -> tuple[float, float, float, float]:
    """Return a box in the pixels of the drawing."""
    x0, y0, x1, y1 = (value * scale for value in box)
    return x0, y0, max(x0 + 1, x1 - 1), max(y0 + 1, y1 - 1)


def label(pen: ImageDraw.ImageDraw, at: tuple[float, float], words: str, size: int) -> None:
    """Write Latin words on a dark plate (the built-in font has no Chinese)."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = pen.textbbox(at, words, font=font)
    pad = size // 3
    pen.rounded_rectangle((left - pad, top - pad, right + pad, bottom + pad), radius=pad, fill=_PLATE)
    pen.text(at, words, font=font, fill=_INK)


def _score(pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], score: float, canvas: Image.Image) -> None:
    size = max(9, canvas.width // 110)
    pen.text((box[0] + 3, box[1] + 1), f"{score:.2f}", font=ImageFont.load_default(size), fill=_INK,
             stroke_width=1, stroke_fill=(0, 0, 0))  # fmt: skip


def _headline(reading: ShelfReading) -> str:
    count = len(reading.gaps)
    gaps = f"{count} gap" if count == 1 else f"{count} gaps"
    if reading.oos_rate is None:
        return f"{gaps}   no shelf row seen"
    return f"{gaps}   {reading.oos_rate:.1%} of {len(reading.rows)} rows empty"
