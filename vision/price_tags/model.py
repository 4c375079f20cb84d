"""What is read off a photo, as values. Boxes are in pixels of the full upright photo."""

import datetime as dt
import math
from collections.abc import Iterable
from typing import Literal

import msgspec

from vision.geometry import Box

READ_LINE = 0.8
"""From this confidence on a price or date counts as read. Below it only the text is told, never the value."""

Unit = Literal["g", "ml", "each"]
Label = Literal["now", "was", "member", "unit", "plain"]
"""What a price on a tag is: to be paid now, before, by members, per unit beside the main price, or just the price."""


class Price(msgspec.Struct, frozen=True):
    """An amount in hundredths of `currency` (None: not said), for `quantity` of `unit` (None: for the article)."""

    minor: int
    currency: str | None = None
    unit: Unit | None = None
    quantity: float | None = None
    label: Label = "plain"


class TextLine(msgspec.Struct, frozen=True):
    """One piece of text as the recogniser saw it; corners clockwise from the top left of the upright text."""

    corners: tuple[tuple[float, float], ...]
    text: str
    score: float
    small_end: int = 0
    """So many last digits are set clearly smaller than those before: the hundredths of a price."""
    doubted: bool = False
    """A second look at the same place read something else."""

    @property
    def box(self) -> Box:
        """The upright box around it."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys))

    @property
    def height(self) -> float:
        """How high the letters stand, along the slant of the text."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        return (math.hypot(ax - dx, ay - dy) + math.hypot(bx - cx, by - cy)) / 2


class Anchor(msgspec.Struct, frozen=True):
    """A price on a photo and the lines it was read from."""

    prices: tuple[Price, ...]
    confidence: float
    height: float
    parts: tuple[TextLine, ...]
    firm: bool = True
    """Its hundredths are told; without them it may be an old price, set as large and struck out."""

    @property
    def box(self) -> Box:
        """The box around its parts."""
        return around(part.box for part in self.parts)

    @property
    def partial(self) -> bool:
        """Not what everyone pays now: an old price, or one for members."""
        return all(price.label in ("was", "member") for price in self.prices)


class Tag(msgspec.Struct, frozen=True):
    """One price tag. `price` is None unless it was `readable`.

    `prices` has all amounts read on it, `codes` its barcodes; `price_box` is where the price itself stands.
    """

    box: Box
    text: str
    confidence: float
    readable: bool
    price: Price | None = None
    prices: tuple[Price, ...] = ()
    codes: tuple[str, ...] = ()
    price_box: Box | None = None
    row: int | None = None


class DateMark(msgspec.Struct, frozen=True):
    """A date on a pack. `best_before` None: not a best-before date, or its order of day and month is unsure."""

    box: Box
    text: str
    best_before: dt.date | None
    confidence: float


class TagsReading(msgspec.Struct, frozen=True):
    """Everything read on one photo; `cut_short`: time was up before all of it was looked at."""

    tags: tuple[Tag, ...]
    dates: tuple[DateMark, ...]
    model: str
    ms: float
    cut_short: bool = False
    bare_rows: tuple[int, ...] = ()
    """Rows on whose edge no text at all was found, though the edge was looked at."""


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that holds all of `boxes`."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
