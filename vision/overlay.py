"""Pictures that explain a reading: rows outlined, gaps marked, the share that is empty in words."""

from PIL import Image, ImageDraw, ImageFont

from vision.geometry import Box, area, span_iou
from vision.photo import Photo, encode_jpeg
from vision.shelf import Gap, Row, ShelfReading

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
        pen.polygon(outline(row, scale), outline=(*ROW_COLOUR, 210), width=max(2, width * 2 // 3))
    for gap in outermost(reading.gaps):
        pen.polygon(outline(gap, scale), fill=(*GAP_COLOUR, 56), outline=GAP_COLOUR, width=width)
        _score(pen, scaled(gap.box, scale), gap.score, canvas)
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


def outline(thing: Row | Gap, scale: float) -> list[tuple[float, float]]:
    """Return the corners of a row or gap in the pixels of the drawing, from the upper left clockwise."""
    if thing.corners is not None:
        return [(x * scale, y * scale) for x, y in thing.corners]
    x0, y0, x1, y1 = scaled(thing.box, scale)
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


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


def outermost(gaps: tuple[Gap, ...]) -> list[Gap]:
    """Leave out gaps that lie inside a wider one (one slot of a long gap): marked twice, a place is hard to read."""
    wide_first = sorted(gaps, key=lambda gap: -area(gap.box))
    drawn: list[Gap] = []
    for gap in wide_first:
        if not any(_slot_of(gap.box, other.box) for other in drawn):
            drawn.append(gap)
    return drawn


def _slot_of(slot: Box, stretch: Box) -> bool:
    shared = min(slot[2], stretch[2]) - max(slot[0], stretch[0])
    same_height = span_iou((slot[1], slot[3]), (stretch[1], stretch[3])) >= 0.5
    return same_height and shared >= 0.8 * (slot[2] - slot[0])


def _headline(reading: ShelfReading) -> str:
    if reading.oos_rate is None:
        return "no shelf row seen"
    rows = len(reading.rows)
    return f"{reading.oos_rate:.1%} of {rows} rows empty" if rows > 1 else f"{reading.oos_rate:.1%} of 1 row empty"
