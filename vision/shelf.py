"""Read a shelf photo: its rows, the gaps in them, and the share of shelf length that is empty."""

import time
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from vision import quality
from vision.detector import Detections, Detector
from vision.facings import missing_facings
from vision.geometry import Box, Boxes, Span, area, hull, overlap, span_iou, stretches, union_length
from vision.interval import rate_interval
from vision.perspective import Sight, View, sight
from vision.photo import Photo, Pixels
from vision.quality import Quality
from vision.row_extent import completed
from vision.turning import box_back, point_back, turned

SHIPPED_WEIGHTS = Path(__file__).resolve().parent.parent / "model_weights"
GAP_FILE, ROW_FILE = "gap.onnx", "row.onnx"
DOUBT = 0.05  # probability from which a gap may be one, for the interval around the rate
SURE_OF_TURN = 0.95  # probability from which a photo is taken to be upside down
SURE_OF_ROW = 0.5  # score of a gap off every row, to tell of one
MIN_SHARE_IN_ROW = 0.5  # of a gap's area, to belong to a row


Corners = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]


class Row(msgspec.Struct, frozen=True):
    """One shelf row: a board and the products on it.

    `length` is in pixels of the shelf seen from the front, `empty` the share of it that gaps cover. `corners`, from
    the upper left clockwise, say where it lies on a photo taken from the side; `box` is around them. `detected` is
    False for a row that only its gaps tell of.
    """

    box: Box
    score: float
    length: float | None = None
    empty: float | None = None
    corners: Corners | None = None
    detected: bool = True


class Gap(msgspec.Struct, frozen=True):
    """One empty place; `row` is the index of its row in the reading, None where no row was seen around it.

    `span` says from where to where it reaches along its row, as shares of the row's length; `facings` how many
    products of its neighbours' width are missing, None where that cannot be told.
    """

    box: Box
    score: float
    row: int | None
    span: Span | None = None
    facings: int | None = None
    corners: Corners | None = None


class ShelfReading(msgspec.Struct, frozen=True):
    """What was seen on one photo, in pixels of the full upright photo.

    `oos_rate` is the length of all rows that is covered by gaps over the length of all rows, None where no
    row was seen, and lies 9 times in 10 between `oos_low` and `oos_high`. `oblique` tells that the shelf was seen
    from the side; lengths are those seen from the front. `turned` tells by how many quarters to the left the photo
    was turned to be read: boxes are in pixels of the photo as it is, rows in the order in which they were read.
    `model` names the detectors with their versions; `ms` is the time from pixels to reading.
    """

    width: int
    height: int
    quality: Quality
    gaps: tuple[Gap, ...]
    rows: tuple[Row, ...]
    oos_rate: float | None
    model: str
    ms: float
    oos_low: float | None = None
    oos_high: float | None = None
    oblique: bool = False
    turned: int = 0


class ShelfReader:
    """The two detectors, loaded once and used serially."""

    def __init__(self, gaps: Detector, rows: Detector) -> None:
        self._gaps = gaps
        self._rows = rows
        self.model = f"{gaps.name} + {rows.name}"
        self.min_score = gaps.min_score

    @classmethod
    def load(cls, weights_dir: Path = SHIPPED_WEIGHTS, threads: int | None = None) -> "ShelfReader":
        """Load `gap.onnx` and `row.onnx`; raises `ModelFileError` naming the file that cannot be used."""
        return cls(Detector.load(weights_dir / GAP_FILE, threads), Detector.load(weights_dir / ROW_FILE, threads))

    def read(self, photo: Photo, min_score: float | None = None, *, frontal: bool = True) -> ShelfReading:
        """Find rows and gaps; `min_score` replaces the gap detector's working point.

        `frontal`: a shelf photographed from the side is looked at as from the front. A photo that lies on its side or
        upside down is turned, as far as that can be told.
        """
        started = time.perf_counter()
        flat = quality.judge(photo)
        frame, found, quarters = self._right_way_up(photo, flat, frontal)
        rows = order_rows(join_pieces([Row(box, score) for box, score in _whole(found)]))
        least = self.min_score if min_score is None else min_score
        seen = [found for found in _whole(self._gaps.detect(frame.pixels, min(DOUBT, least))) if frame.shows(found[0])]
        told = in_stretches([found for found in seen if found[1] >= least])
        judged = _judged(flat, quarters, frame, rows)
        rows = with_gaps(rows, told, frame.pixels.shape[1])
        gaps = place_gaps(told, rows)
        low, high = interval_of(place_gaps(seen, rows), rows)
        rows = measured(rows, gaps)
        gaps = tuple(_counted(gap, gaps, rows, frame.pixels) for gap in gaps)
        return ShelfReading(
            width=photo.width,
            height=photo.height,
            quality=judged,
            gaps=tuple(_turned_back(frame.on_photo(gap), quarters, photo) for gap in gaps),
            rows=tuple(_turned_back(frame.on_photo(row), quarters, photo) for row in rows),
            oos_rate=oos_rate(gaps, rows),
            model=self.model,
            ms=round((time.perf_counter() - started) * 1000, 1),
            oos_low=low,
            oos_high=high,
            oblique=frame.view is not None,
            turned=quarters,
        )

    def upside_down(self, photo: Photo) -> bool:
        """Tell whether a photo is upside down, as far as its rows tell; one look of the row detector."""
        return _over(self._rows.detect(photo.pixels))

    def _right_way_up(self, photo: Photo, flat: Quality, frontal: bool) -> tuple["Frame", Detections, int]:
        """Return the frame to read the photo in, its rows, and by how many quarters it was turned for that.

        A photo that is the right way up costs nothing: the row detector tells in the look it takes anyway.
        """
        frame, found = self._rows_in(photo, frontal)
        if "on_its_side" in flat.reasons:
            other, seen = self._rows_in(turned(photo, 1), frontal)
            if seen.upside_down is None or not len(seen.boxes):
                return frame, found, 0
            if seen.upside_down < 0.5:
                return other, seen, 1
            return *self._rows_in(turned(photo, 3), frontal), 3
        if _over(found):
            return *self._rows_in(turned(photo, 2), frontal), 2
        return frame, found, 0

    def _rows_in(self, photo: Photo, frontal: bool) -> tuple["Frame", Detections]:
        frame = Frame.of(photo) if frontal else Frame(photo, Sight(), photo.pixels)
        return frame, self._rows.detect(frame.pixels)

    def find_gaps(self, photo: Photo, min_score: float | None = None) -> list[tuple[Box, float]]:
        """Find gaps alone, as the detector marks them: boxes in full-photo pixels with scores, best first."""
        return _in_full_pixels(self._gaps.detect(photo.pixels, min_score), photo)


Placed = TypeVar("Placed", Row, Gap)


class Frame(msgspec.Struct, frozen=True, eq=False):
    """The picture in which a shelf is read: the photo itself, or its view from the front."""

    photo: Photo
    sight: Sight
    pixels: Pixels

    @classmethod
    def of(cls, photo: Photo) -> "Frame":
        """Return the frame of a photo."""
        seen = sight(photo.pixels)
        return cls(photo, seen, photo.pixels if seen.view is None else seen.view.look(photo.pixels))

    @property
    def view(self) -> View | None:
        """How the photo is seen from the front; None where it is taken as it is."""
        return self.sight.view

    def shows(self, box: Box) -> bool:
        """Tell whether the middle of a box of this frame lies on the photo, and not on the grey around it."""
        if self.view is None:
            return True
        middle = self._corners(box).mean(axis=0)
        return bool(0 <= middle[0] < self.photo.width and 0 <= middle[1] < self.photo.height)

    def on_photo(self, thing: Placed) -> Placed:
        """Return a row or gap of this frame in pixels of the full photo."""
        if self.view is None:
            return msgspec.structs.replace(thing, box=self._clipped(np.array(thing.box) / self.photo.scale))
        corners = self._corners(thing.box)
        around = self._clipped(np.concatenate([corners.min(axis=0), corners.max(axis=0)]))
        points = tuple((round(float(x)), round(float(y))) for x, y in corners)
        return msgspec.structs.replace(thing, box=around, corners=points)

    def _corners(self, box: Box) -> NDArray[np.float32]:
        if self.view is None:
            raise ValueError("a photo seen from the front has no corners")
        corners = self.view.back(np.array([box], dtype=np.float32))[0]
        return np.asarray(corners / self.photo.scale, dtype=np.float32)

    def _clipped(self, box: NDArray[np.floating[Any]]) -> Box:
        x0, y0, x1, y1 = (round(float(value)) for value in box)
        width, height = self.photo.width, self.photo.height
        x0, y0 = min(max(x0, 0), width - 1), min(max(y0, 0), height - 1)
        return x0, y0, max(x0 + 1, min(x1, width)), max(y0 + 1, min(y1, height))


def _over(found: Detections) -> bool:
    return bool(len(found.boxes)) and (found.upside_down or 0.0) >= SURE_OF_TURN


def _judged(flat: Quality, quarters: int, frame: Frame, rows: tuple[Row, ...]) -> Quality:
    heights = [(row.box[3] - row.box[1]) / frame.pixels.shape[0] for row in rows]
    upside_down = ("upside_down",) if quarters == 2 else ()
    reasons = (*flat.reasons, *upside_down, *quality.judge_place(frame.sight, heights))
    return Quality(not reasons, reasons)


def _turned_back(thing: Placed, quarters: int, photo: Photo) -> Placed:
    """Return a row or gap of the turned photo where it lies on the photo as it is; `corners` tell which way is up."""
    if not quarters:
        return thing
    size = photo.width, photo.height
    x0, y0, x1, y1 = thing.box
    a, b, c, d = thing.corners or ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    corners = tuple(point_back(point, quarters, size) for point in (a, b, c, d))
    return msgspec.structs.replace(thing, box=box_back(thing.box, quarters, size), corners=corners)


def in_stretches(found: list[tuple[Box, float]]) -> list[tuple[Box, float]]:
    """Join detections that stand side by side: a long gap is one place. Its score is that of its surest part."""
    groups = stretches([box for box, _ in found])
    return [(hull(found[i][0] for i in group), max(found[i][1] for i in group)) for group in groups]


def interval_of(gaps: tuple[Gap, ...], rows: tuple[Row, ...]) -> tuple[float | None, float | None]:
    """Return between which shares of empty shelf the truth lies 9 times in 10, by everything that may be a gap."""
    if not rows:
        return None, None
    by_row = [[(gap.span, gap.score) for gap in gaps if gap.row == i and gap.span] for i in range(len(rows))]
    return rate_interval(by_row, [row_length(row) for row in rows])


def measured(rows: tuple[Row, ...], gaps: tuple[Gap, ...]) -> tuple[Row, ...]:
    """Return the rows with their lengths and the share of each that is empty."""
    return tuple(
        msgspec.structs.replace(row, length=row_length(row), empty=round(_empty(gaps, index, row), 4))
        for index, row in enumerate(rows)
    )


def _counted(gap: Gap, gaps: tuple[Gap, ...], rows: tuple[Row, ...], pixels: Pixels) -> Gap:
    if gap.row is None:
        return gap
    others = [other.box for other in gaps if other.row == gap.row and other is not gap]
    return msgspec.structs.replace(gap, facings=missing_facings(pixels, gap.box, rows[gap.row].box, others))


def join_pieces(rows: list[Row]) -> tuple[Row, ...]:
    """Join detections that are pieces of one row, best first: at the same height and running into each other.

    Rows of neighbouring bays stand side by side and stay apart. Without this a row seen twice would count
    twice in the length that `oos_rate` divides by.
    """
    joined: list[Row] = []
    for row in sorted(rows, key=lambda row: -row.score):
        for index, other in enumerate(joined):
            if _pieces_of_one(row.box, other.box):
                x0, x1 = min(row.box[0], other.box[0]), max(row.box[2], other.box[2])
                joined[index] = Row((x0, other.box[1], x1, other.box[3]), other.score)
                break
        else:
            joined.append(row)
    return tuple(joined)


def with_gaps(rows: tuple[Row, ...], found: list[tuple[Box, float]], width: int) -> tuple[Row, ...]:
    """Return the rows as far as the sure ones among the gaps show that they reach (`vision.row_extent`), in order."""
    if not rows:
        return rows
    off = {box: score for box, score in found if score >= SURE_OF_ROW and row_of(box, rows) is None}
    drawn_out, new = completed([row.box for row in rows], list(off), width)
    reaching = [msgspec.structs.replace(row, box=box) for row, box in zip(rows, drawn_out, strict=True)]
    return order_rows((*reaching, *(Row(box, max(off.values()), detected=False) for box in new)))


def _pieces_of_one(a: Box, b: Box) -> bool:
    shared = min(a[2], b[2]) - max(a[0], b[0])
    narrower = min(a[2] - a[0], b[2] - b[0])
    return shared >= 0.25 * narrower and span_iou((a[1], a[3]), (b[1], b[3])) >= 0.5


def order_rows(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Sort rows as a person reads a shelf: from the top down, then from the left."""
    return tuple(sorted(rows, key=lambda row: (row.box[1] + row.box[3], row.box[0])))


def place_gaps(gaps: list[tuple[Box, float]], rows: tuple[Row, ...]) -> tuple[Gap, ...]:
    """Give each gap its row, and sort by row and then from the left; gaps without a row come last."""
    placed = [_placed(box, score, rows) for box, score in gaps]
    last = len(rows)
    return tuple(sorted(placed, key=lambda gap: (last if gap.row is None else gap.row, gap.box[0], gap.box[1])))


def _placed(box: Box, score: float, rows: tuple[Row, ...]) -> Gap:
    row = row_of(box, rows)
    return Gap(box, score, row, None if row is None else _span(box, rows[row]))


def row_of(gap: Box, rows: tuple[Row, ...]) -> int | None:
    """Return the index of the row that holds most of the gap, if it holds at least half of it."""
    shares = [overlap(gap, row.box) / max(1.0, area(gap)) for row in rows]
    if not shares or max(shares) < MIN_SHARE_IN_ROW:
        return None
    return shares.index(max(shares))


def oos_rate(gaps: tuple[Gap, ...], rows: tuple[Row, ...]) -> float | None:
    """Return the share of the rows' length that gaps cover; overlapping gaps count once."""
    lengths = [row_length(row) for row in rows]
    if sum(lengths) <= 0:
        return None
    empty = sum(length * _empty(gaps, i, row) for i, (row, length) in enumerate(zip(rows, lengths, strict=True)))
    return round(empty / sum(lengths), 4)


def row_length(row: Row) -> float:
    """Return how long a row is: seen from the front where that is known, else on the photo."""
    return float(row.box[2] - row.box[0]) if row.length is None else row.length


def _empty(gaps: tuple[Gap, ...], index: int, row: Row) -> float:
    return union_length([gap.span or _span(gap.box, row) for gap in gaps if gap.row == index])


def _span(gap: Box, row: Row) -> Span:
    """Return from where to where a gap reaches along a row, as shares of its length from its left end."""
    (left, top), (right, bottom) = (row.corners or ((row.box[0], row.box[1]), (row.box[2], row.box[1])))[:2]
    if abs(right - left) >= abs(bottom - top):
        backward, low, high, ends = right < left, row.box[0], row.box[2], (gap[0], gap[2])
    else:  # on a photo that lies on its side
        backward, low, high, ends = bottom < top, row.box[1], row.box[3], (gap[1], gap[3])
    length = max(1, high - low)
    first, last = max(ends[0], low) - low, min(ends[1], high) - low
    start, end = first / length, max(first, last) / length
    return (1 - end, 1 - start) if backward else (start, end)


def _whole(found: Detections) -> list[tuple[Box, float]]:
    boxes = found.boxes.round().astype(int).tolist()
    return [
        ((x0, y0, x1, y1), round(float(score), 4))
        for (x0, y0, x1, y1), score in zip(boxes, found.scores, strict=True)
        if x1 > x0 and y1 > y0
    ]


def _in_full_pixels(found: Detections, photo: Photo) -> list[tuple[Box, float]]:
    return _whole(Detections(_within(found.boxes / photo.scale, photo), found.scores))


def _within(boxes: Boxes, photo: Photo) -> Boxes:
    return np.minimum(boxes, np.array([photo.width, photo.height] * 2, dtype=np.float32))
