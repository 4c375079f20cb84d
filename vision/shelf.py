"""Read a shelf photo: its rows, the gaps in them, and the share of shelf length that is empty."""

import time
from pathlib import Path

import msgspec

from vision import quality
from vision.detector import Detections, Detector
from vision.geometry import Box, area, overlap, span_iou, union_length
from vision.photo import Photo
from vision.quality import Quality

SHIPPED_WEIGHTS = Path(__file__).resolve().parent.parent / "model_weights"
GAP_FILE, ROW_FILE = "gap.onnx", "row.onnx"
MIN_SHARE_IN_ROW = 0.5  # of a gap's area, to belong to a row


class Row(msgspec.Struct, frozen=True):
    """One shelf row: a board and the products on it."""

    box: Box
    score: float


class Gap(msgspec.Struct, frozen=True):
    """One empty place; `row` is the index of its row in the reading, None where no row was seen around it."""

    box: Box
    score: float
    row: int | None


class ShelfReading(msgspec.Struct, frozen=True):
    """What was seen on one photo, in pixels of the full upright photo.

    `oos_rate` is the length of all rows that is covered by gaps over the length of all rows, None where no
    row was seen. `model` names the detectors with their versions; `ms` is the time from pixels to reading.
    """

    width: int
    height: int
    quality: Quality
    gaps: tuple[Gap, ...]
    rows: tuple[Row, ...]
    oos_rate: float | None
    model: str
    ms: float


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

    def read(self, photo: Photo, min_score: float | None = None) -> ShelfReading:
        """Find rows and gaps; `min_score` replaces the gap detector's working point."""
        started = time.perf_counter()
        rows = _in_full_pixels(self._rows.detect(photo.pixels), photo)
        shelf = order_rows(join_pieces([Row(box, score) for box, score in rows]))
        gaps = self.find_gaps(photo, min_score)
        placed = place_gaps(gaps, shelf)
        return ShelfReading(
            width=photo.width,
            height=photo.height,
            quality=quality.judge(photo),
            gaps=placed,
            rows=shelf,
            oos_rate=oos_rate(placed, shelf),
            model=self.model,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )

    def find_gaps(self, photo: Photo, min_score: float | None = None) -> list[tuple[Box, float]]:
        """Find gaps alone: boxes in full-photo pixels with scores, best first."""
        return _in_full_pixels(self._gaps.detect(photo.pixels, min_score), photo)


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


def _pieces_of_one(a: Box, b: Box) -> bool:
    shared = min(a[2], b[2]) - max(a[0], b[0])
    narrower = min(a[2] - a[0], b[2] - b[0])
    return shared >= 0.25 * narrower and span_iou((a[1], a[3]), (b[1], b[3])) >= 0.5


def order_rows(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Sort rows as a person reads a shelf: from the top down, then from the left."""
    return tuple(sorted(rows, key=lambda row: (row.box[1] + row.box[3], row.box[0])))


def place_gaps(gaps: list[tuple[Box, float]], rows: tuple[Row, ...]) -> tuple[Gap, ...]:
    """Give each gap its row, and sort by row and then from the left; gaps without a row come last."""
    placed = [Gap(box, score, row_of(box, rows)) for box, score in gaps]
    last = len(rows)
    return tuple(sorted(placed, key=lambda gap: (last if gap.row is None else gap.row, gap.box[0], gap.box[1])))


def row_of(gap: Box, rows: tuple[Row, ...]) -> int | None:
    """Return the index of the row that holds most of the gap, if it holds at least half of it."""
    shares = [overlap(gap, row.box) / max(1.0, area(gap)) for row in rows]
    if not shares or max(shares) < MIN_SHARE_IN_ROW:
        return None
    return shares.index(max(shares))


def oos_rate(gaps: tuple[Gap, ...], rows: tuple[Row, ...]) -> float | None:
    """Return the share of the rows' length that gaps cover; overlapping gaps count once."""
    length = sum(row.box[2] - row.box[0] for row in rows)
    if length <= 0:
        return None
    empty = 0.0
    for index, row in enumerate(rows):
        spans = [_clip(gap.box, row.box) for gap in gaps if gap.row == index]
        empty += union_length(spans)
    return round(empty / length, 4)


def _clip(gap: Box, row: Box) -> tuple[float, float]:
    return max(gap[0], row[0]), min(gap[2], row[2])


def _in_full_pixels(found: Detections, photo: Photo) -> list[tuple[Box, float]]:
    boxes = (found.boxes / photo.scale).round().astype(int).tolist()
    return [
        ((x0, y0, min(x1, photo.width), min(y1, photo.height)), round(float(score), 4))
        for (x0, y0, x1, y1), score in zip(boxes, found.scores, strict=True)
        if x1 > x0 and y1 > y0
    ]
