"""How far a row reaches: the row detector cuts rows short and leaves neighbouring bays out, and gaps tell of both.

Of the gaps found on `shelf_gaps/val` 16 in 100 lay off every detected row, nearly all at the height of one. Left out,
they count nowhere, and a shelf with an empty end looks full.
"""

from collections.abc import Sequence

import numpy as np

from vision.geometry import Box

SAME_HEIGHT = 0.5  # of a gap's height inside a row's
WITHIN_REACH = 1.0  # gap widths from a row's end
PLAUSIBLE = (0.35, 2.0)  # height of a gap, in heights of the middle row


def completed(rows: Sequence[Box], gaps: Sequence[Box], width: int) -> tuple[list[Box], list[Box]]:
    """Return the rows, drawn out to gaps just beyond their ends, and rows where gaps stand in a bay without one.

    `gaps` are those that no row holds, `width` that of the picture. A new row reaches as far as the nearest row above
    or below it does, where there is one; else over what is free at its height, up to the picture's edge: rather too
    far, which makes a shelf look fuller, than only as far as its gaps.
    """
    drawn_out, left = list(rows), []
    for gap in gaps:
        index = _row_beside(gap, drawn_out)
        if index is None:
            left.append(gap)
        else:
            x0, y0, x1, y1 = drawn_out[index]
            drawn_out[index] = (min(x0, gap[0]), y0, max(x1, gap[2]), y1)
    new: list[Box] = []
    usual = float(np.median([row[3] - row[1] for row in rows])) if rows else 0.0
    for gap in left:
        plausible = PLAUSIBLE[0] * usual <= gap[3] - gap[1] <= PLAUSIBLE[1] * usual
        if plausible and not any(_at_height_of(gap, row) and _holds(row, gap) for row in new):
            new.append(_row_around(gap, drawn_out, new, width))
    return drawn_out, new


def _row_beside(gap: Box, rows: Sequence[Box]) -> int | None:
    """Return the row at the gap's height whose end is within reach, the nearest."""
    reach = WITHIN_REACH * (gap[2] - gap[0])
    away = {i: _away(gap, row) for i, row in enumerate(rows) if _at_height_of(gap, row)}
    near = {i: distance for i, distance in away.items() if distance <= reach}
    return min(near, key=lambda i: near[i]) if near else None


def _row_around(gap: Box, rows: Sequence[Box], new: Sequence[Box], width: int) -> Box:
    level = [row for row in (*rows, *new) if _at_height_of(gap, row)]
    left = max((row[2] for row in level if row[2] <= gap[0]), default=0)
    right = min((row[0] for row in level if row[0] >= gap[2]), default=width)
    middle = (gap[0] + gap[2]) / 2
    of_the_bay = [row for row in rows if row[0] <= middle <= row[2]]
    if of_the_bay:
        nearest = min(of_the_bay, key=lambda row: abs(row[1] + row[3] - gap[1] - gap[3]))
        left, right = max(left, nearest[0]), min(right, nearest[2])
    return min(left, gap[0]), gap[1], max(right, gap[2]), gap[3]


def _at_height_of(gap: Box, row: Box) -> bool:
    return min(gap[3], row[3]) - max(gap[1], row[1]) >= SAME_HEIGHT * (gap[3] - gap[1])


def _holds(row: Box, gap: Box) -> bool:
    return row[0] <= (gap[0] + gap[2]) / 2 <= row[2]


def _away(gap: Box, row: Box) -> int:
    """Return how many pixels lie between a gap and a row of its height; 0 where they touch."""
    return max(0, row[0] - gap[2], gap[0] - row[2])
