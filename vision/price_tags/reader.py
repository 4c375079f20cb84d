"""Read the price tags and dates of one photo."""

import datetime as dt
import re
import time
from collections.abc import Sequence

import cv2
import msgspec
import numpy as np

from vision.geometry import Box, area, overlap
from vision.photo import Photo, Pixels
from vision.price_tags import glyphs
from vision.price_tags.dates import Order
from vision.price_tags.layout import find_tags
from vision.price_tags.marks import find_dates
from vision.price_tags.model import TagsReading, TextLine
from vision.price_tags.ocr import LazyOcr, Recogniser
from vision.price_tags.parsing import normalised, parse_prices
from vision.price_tags.regions import Region, closer, regions
from vision.shelf import ShelfReading

TAG_SIDE = 2400
"""`working_side` to open a photo with: a phone's 12 megapixels come whole, 50 at half."""
BUDGET_S = 30.0
"""Seconds of looking on one photo; what is not reached by then is left out, and said so."""

_NUMBER = re.compile(r"[¥£$€₽]?\s*\d{1,6}(?:[., ]\d{0,2})?")
_LONG = re.compile(r"(?<![\d.,])\d{3,6}(?![\d.,]|元\d角)")
_MARGIN = 0.55  # line heights left of a number that the second look takes in: room for a digit that was missed


class TagReader:
    """Reads tags and dates; the model behind it is loaded at the first photo."""

    def __init__(self, ocr: Recogniser | None = None, threads: int | None = None, budget_s: float = BUDGET_S) -> None:
        self._ocr: Recogniser = ocr or LazyOcr(threads)
        self._budget_s = budget_s

    def load(self) -> None:
        """Load the models now rather than at the first photo; raises `ModelFileError`."""
        if isinstance(self._ocr, LazyOcr):
            self._ocr.load()

    def read(
        self,
        photo: Photo,
        shelf: ShelfReading,
        *,
        today: dt.date,
        order: Order | None = None,
        dates: bool = True,
        whole: bool = False,
    ) -> TagsReading:
        """Read what is written on a photo.

        Args:
            photo: the photo, opened with `working_side=TAG_SIDE` so that small print is still there.
            shelf: what the detectors saw on it; tags are looked for along the edges of its rows.
            today: the date in the store's time zone.
            order: how day and month are written there, None if both ways.
            dates: look for dates as well.
            whole: look at the whole photo, though there are rows (dates stand on packs, not on edges).

        """
        started = time.perf_counter()
        places = regions(shelf, whole=whole)
        lines, cut_short, bare = self._look(photo, places, started)
        tags = find_tags(lines, [row.box for row in shelf.rows])
        if not cut_short and (whole or not any(tag.readable for tag in tags)):
            # Nothing on the edges of what looked like rows, or nothing that could be read from so far.
            first = () if places[0].row is None else regions(shelf, whole=True)
            lines, cut_short, bare = self._look(photo, (*first, *closer(photo.width, photo.height)), started, lines)
            tags = find_tags(lines, [row.box for row in shelf.rows])
        return TagsReading(
            tags=tags,
            dates=find_dates(lines, [tag.box for tag in tags if tag.readable], today, order) if dates else (),
            model=self._ocr.name,
            ms=round((time.perf_counter() - started) * 1000, 1),
            cut_short=cut_short,
            bare_rows=bare,
        )

    def _look(
        self, photo: Photo, places: Sequence[Region], started: float, known: Sequence[TextLine] = ()
    ) -> tuple[list[TextLine], bool, tuple[int, ...]]:
        """Read piece after piece until the time is up, beside what is `known`: lines, cut short, rows without text."""
        lines = list(known)
        looked: dict[int, int] = {}
        for number, place in enumerate(places):
            if (number or known) and time.perf_counter() - started > self._budget_s:
                return lines, True, ()
            found = self._read_piece(photo, place)
            if place.row is not None:
                looked[place.row] = looked.get(place.row, 0) + len(found)
            lines = _with(lines, found)
        return lines, False, tuple(row for row, count in looked.items() if not count)

    def _read_piece(self, photo: Photo, place: Region) -> list[TextLine]:
        pixels, scale = _cut(photo, place)
        if min(pixels.shape[:2]) < 8:
            return []
        found = self._ocr.lines(pixels)
        checked = [self._second_look(pixels, line, _room_before(line, found)) for line in found]
        moved = [_cut_off(_moved(line, place.box, scale), place.box) for line in checked]
        return [line for line in moved if _middle_in(line.box, place.keep)]

    def _second_look(self, pixels: Pixels, line: TextLine, room: float) -> TextLine:
        """Look at a number again, with a margin: a digit that was missed makes a wrong price, not a missing one."""
        clean = normalised(line.text).strip()
        if not _NUMBER.fullmatch(clean):
            # Among other text nobody can tell whether the last digits of a long number are set smaller.
            unsure = _LONG.search(clean) is not None and bool(parse_prices(clean))
            return msgspec.structs.replace(line, doubted=True) if unsure else line
        several = len(re.findall(r"\d", line.text)) >= 3 and not re.search(r"[.,]", line.text)
        small = glyphs.small_end(pixels, line) if several else 0
        text, _ = self._ocr.text_of(glyphs.straightened(pixels, line.corners, (min(_MARGIN, room), 0.06)))
        # Three digits and more in one piece may end in hundredths: ¥52 and a small 00 are not ¥5200.
        doubted = small is None or not _agree(line.text, text)
        return msgspec.structs.replace(line, small_end=small or 0, doubted=doubted)


def _cut_off(line: TextLine, piece: Box) -> TextLine:
    """A number at the side of a piece, or of the photo, may have lost a digit there."""
    x0, _, x1, _ = line.box
    near = 0.3 * line.height
    if (x0 < piece[0] + near or x1 > piece[2] - near) and any(char.isdigit() for char in line.text):
        return msgspec.structs.replace(line, doubted=True)
    return line


def _room_before(line: TextLine, lines: Sequence[TextLine]) -> float:
    """How far the next text to the left is, in line heights."""
    x0, y0, _, y1 = line.box
    ends = [
        other.box[2]
        for other in lines
        if other is not line and other.box[0] < x0 and min(y1, other.box[3]) - max(y0, other.box[1]) > 0.2 * (y1 - y0)
    ]
    return max(0.0, (x0 - max(ends)) / max(1.0, line.height) - 0.05) if ends else _MARGIN


def _agree(first: str, second: str) -> bool:
    """With more room, the same number; what stands behind it (its hundredths, a unit) may have come into view."""
    a, b = re.findall(r"\d+", first), re.findall(r"\d+", second)
    return a == b[: len(a)] or "".join(a) == "".join(b)[: len("".join(a))]


def _with(lines: Sequence[TextLine], found: Sequence[TextLine]) -> list[TextLine]:
    """Pieces overlap: the same text is taken once, the one that is not doubted, else the one seen first."""
    kept = list(lines)
    for line in found:
        same = [other for other in kept if _is_same(line, other)]
        if not same:
            kept.append(line)
        elif not line.doubted and all(other.doubted for other in same):
            kept = [other for other in kept if other not in same] + [line]
    return kept


def _is_same(line: TextLine, other: TextLine) -> bool:
    smaller = min(max(1.0, area(line.box)), max(1.0, area(other.box)))
    return overlap(line.box, other.box) > 0.6 * smaller


def _cut(photo: Photo, place: Region) -> tuple[Pixels, float]:
    """Return the piece, enlarged or reduced, and how many of its pixels one of the full photo has become."""
    x0, y0, x1, y1 = (round(value * photo.scale) for value in place.box)
    piece = photo.pixels[y0:y1, x0:x1]
    factor = place.scale / photo.scale
    size = max(1, round(piece.shape[1] * factor)), max(1, round(piece.shape[0] * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(piece, size, interpolation=how), dtype=np.uint8), place.scale


def _moved(line: TextLine, box: Box, scale: float) -> TextLine:
    corners = tuple((box[0] + x / scale, box[1] + y / scale) for x, y in line.corners)
    return msgspec.structs.replace(line, corners=corners)


def _middle_in(box: Box, place: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return place[0] <= x < place[2] and place[1] <= y < place[3]
