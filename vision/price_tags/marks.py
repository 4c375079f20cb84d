"""Lines of text → dates on packs. A label may stand on the line above its date, or before it."""

import datetime as dt
from collections.abc import Sequence

from vision.geometry import Box, overlap
from vision.price_tags.dates import DateText, Order, is_label, parse_dates
from vision.price_tags.model import DateMark, TextLine, around

_BARE = 0.5
"""A date without a label may be the day the tag was printed: what it is for is not known, so it counts little."""
_NEAR = 2.5  # line heights between a label and its date


def find_dates(
    lines: Sequence[TextLine], tags: Sequence[Box], today: dt.date, order: Order | None
) -> tuple[DateMark, ...]:
    """Return the dates that stand on packs; those on price tags are when they were printed."""
    found: list[DateMark | None] = []
    for line in lines:
        if any(overlap(line.box, tag) > 0 for tag in tags):
            continue
        if not parse_dates(line.text, today, order):
            continue
        parts = _with_neighbours(line, lines)
        text = "  ".join(part.text for part in parts)
        score = min(part.score for part in parts)
        own = set(parse_dates(line.text, today, order))
        told = parse_dates(text, today, order)
        box = around(part.box for part in parts)
        dates = [date for date in told if _within(date, text, line.text)] or list(own)
        found += [_mark(date, text, box, score) for date in dates]
    return tuple(dict.fromkeys(mark for mark in found if mark is not None))


def _mark(date: DateText, text: str, box: Box, score: float) -> DateMark | None:
    if date.kind == "produced":
        return None
    if date.kind == "bare":
        return DateMark(box, text, date.day, round(score * _BARE, 4))
    return DateMark(box, text, date.day, round(score if date.day else score * _BARE, 4))


def _within(date: DateText, text: str, line: str) -> bool:
    start = text.find(line)
    return start <= date.span[0] < start + len(line) + 2


def _with_neighbours(line: TextLine, lines: Sequence[TextLine]) -> list[TextLine]:
    """The labels near a date: left of it or above it, and a shelf life below or right; in reading order."""
    near = [other for other in lines if other is not line and is_label(other.text) and _is_near(other, line)]
    return sorted([*near, line], key=lambda part: (round(part.box[1] / max(6.0, line.height)), part.box[0]))


def _is_near(label: TextLine, date: TextLine) -> bool:
    reach = _NEAR * max(label.height, date.height)
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = label.box, date.box
    across = max(0, bx0 - ax1, ax0 - bx1)
    down = max(0, by0 - ay1, ay0 - by1)
    return across <= reach and down <= reach * 0.7
