"""What options take, checked as they are parsed; what is wrong is told in a sentence, after the option's name."""

import argparse
import datetime as dt
import math
from typing import TYPE_CHECKING

from core.queues import QUEUES

if TYPE_CHECKING:  # loads OpenCV
    from vision.geometry import Box


def score(text: str) -> float:
    """Return a number from 0 to 1."""
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"it takes a number from 0 to 1, not {text!r}")
    return value


def share(text: str) -> float:
    """Return a part of something: more than nothing, at most all."""
    value = _number(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"it takes a share above 0 and at most 1, not {text!r}")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan  # which lies between no two numbers


def count(text: str) -> int:
    """Return a whole number from 1 on."""
    return _whole(text, 1)


def count_or_none(text: str) -> int:
    """Return a whole number from 0 on."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"it takes a whole number from {least} on, not {text!r}")
    return value


def date(text: str) -> dt.date:
    """Return a day written as 2026-11-30."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it takes a date such as 2026-11-30, not {text!r}") from error


def box(text: str) -> "Box":
    """Return a place on a photo, written as x0,y0,x1,y1."""
    try:
        x0, y0, x1, y1 = (int(part) for part in text.split(","))
    except ValueError as error:
        wanted = "the left, top, right and bottom pixel such as 120,80,310,240"
        raise argparse.ArgumentTypeError(f"it takes {wanted}, not {text!r}") from error
    if not (0 <= x0 < x1 and 0 <= y0 < y1):
        raise argparse.ArgumentTypeError(f"its left must lie before its right, its top above its bottom, not {text!r}")
    return x0, y0, x1, y1


def queues(text: str) -> tuple[str, ...]:
    """Return names of queues, written as vision,speech."""
    chosen = tuple(name.strip() for name in text.split(","))
    if unknown := set(chosen) - set(QUEUES):
        raise argparse.ArgumentTypeError(f"it takes {', '.join(QUEUES)}, not {', '.join(sorted(unknown))!r}")
    return chosen
