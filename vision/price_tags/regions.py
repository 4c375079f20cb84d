"""Where on a photo to look for text, and how large: full resolution where tags hang, no more than needed elsewhere."""

import msgspec

from vision.geometry import Box
from vision.price_tags.ocr import SIDE
from vision.shelf import ShelfReading

STRIP_HEIGHT = 320
"""Pixels that a shelf's edge is brought to: digits of a price are then 30 to 90 high."""
LARGEST_ENLARGEMENT = 3.0
_ABOVE, _BELOW = 0.24, 0.2  # of a row's height, around its lower edge
_OVERLAP = 0.75  # of a strip's height: a tag is about twice as wide as high
_FEWEST_ROWS = 3  # fewer are seen from so close that the whole photo is as good, and rows seen there are often none
WHOLE_SIDE, SMALL_SIDE = 1280, 900
LONG_STEP = 720
"""Pixels along the long side of a whole photo that are given at once: two pieces of 720 x 960 make 1280 x 960."""
_LAP = 0.2  # share of a piece that the next one shows again


class Region(msgspec.Struct, frozen=True):
    """A piece of the photo (box in full-photo pixels), how much to enlarge it, and the part of it that counts.

    Pieces overlap, so that what is cut at the side of one stands whole in the next; `keep` says which piece a text
    belongs to.
    """

    box: Box
    scale: float
    keep: Box
    row: int | None = None


def regions(reading: ShelfReading, *, whole: bool = False) -> tuple[Region, ...]:
    """Return the pieces to look at: the edges of rows, or the whole of a photo taken from close by."""
    rows = [row.box for row in reading.rows]
    if whole or len(rows) < _FEWEST_ROWS:
        return (at_once(reading.width, reading.height),)
    found: list[Region] = []
    for index, row in enumerate(rows):
        found += _strip(row, index, reading.width, reading.height)
    return tuple(found)


def at_once(width: int, height: int) -> Region:
    """Return the whole photo as one piece: nothing is cut in two, and large digits need no more."""
    box = (0, 0, width, height)
    return Region(box, min(SIDE, 4 * max(width, height)) / max(width, height), box)


def closer(width: int, height: int) -> tuple[Region, ...]:
    """Return the whole photo in pieces, larger: for small print that was not seen at once."""
    return _whole(width, height)


def edge(row: Box, width: int, height: int) -> Box:
    """Return the strip around the lower edge of a row, where its tags hang."""
    tall = row[3] - row[1]
    return (
        max(0, row[0] - tall // 10), max(0, round(row[3] - _ABOVE * tall)),
        min(width, row[2] + tall // 10), min(height, round(row[3] + _BELOW * tall)),
    )  # fmt: skip


def _strip(row: Box, index: int, width: int, height: int) -> list[Region]:
    strip = edge(row, width, height)
    if strip[3] - strip[1] < 8 or strip[2] - strip[0] < 16:
        return []
    scale = min(LARGEST_ENLARGEMENT, STRIP_HEIGHT / (strip[3] - strip[1]))
    lap = round(_OVERLAP * (strip[3] - strip[1]))
    return [Region(box, scale, keep, index) for box, keep in _pieces(strip, round(SIDE / scale), lap, across=True)]


def _whole(width: int, height: int) -> tuple[Region, ...]:
    side = max(width, height)
    wanted = WHOLE_SIDE if side >= SMALL_SIDE else min(SMALL_SIDE, side * 4)
    scale = wanted / side
    long, short = round(LONG_STEP / scale), round(SIDE / scale)
    across, down = (long, short) if width >= height else (short, long)
    found = []
    for band, band_keep in _pieces((0, 0, width, height), down, round(_LAP * down), across=False):
        for box, keep in _pieces(band, across, round(_LAP * across), across=True):
            found.append(Region(box, scale, (keep[0], band_keep[1], keep[2], band_keep[3])))
    return tuple(found)


def _pieces(box: Box, length: int, lap: int, *, across: bool) -> list[tuple[Box, Box]]:
    """Cut a box into overlapping pieces of at most `length`; with each the part that is its own."""
    low, high = (box[0], box[2]) if across else (box[1], box[3])
    if high - low <= length:
        return [(box, box)]
    lap = min(lap, length // 2)
    count = -(-(high - low - lap) // (length - lap))
    starts = [low + round(number * (high - low - length) / (count - 1)) for number in range(count)]
    cut = []
    for number, start in enumerate(starts):
        first = low if number == 0 else (start + starts[number - 1] + length) // 2
        last = high if number == count - 1 else (starts[number + 1] + start + length) // 2
        if across:
            cut.append(((start, box[1], start + length, box[3]), (first, box[1], last, box[3])))
        else:
            cut.append(((box[0], start, box[2], start + length), (box[0], first, box[2], last)))
    return cut
