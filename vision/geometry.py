"""Boxes: the few operations that detection, shelf and comparison share.

A box is (x0, y0, x1, y1), x to the right and y down, in pixels, x1 and y1 exclusive.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
Boxes = NDArray[np.float32]  # (n, 4)
Span = tuple[float, float]  # (from, to) along one axis

BETWEEN_SLOTS = 0.15  # of a gap's height


def area(box: Box) -> float:
    """Return the area of one box; an inverted box has none."""
    return float(max(0, box[2] - box[0]) * max(0, box[3] - box[1]))


def overlap(a: Box, b: Box) -> float:
    """Return the area shared by two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return float(max(0, width) * max(0, height))


def iou(box: Boxes, others: Boxes) -> NDArray[np.float32]:
    """Return the intersection over union of `box` (4,) with each of `others` (n, 4)."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    own = np.prod(box[2:] - box[:2])
    theirs = np.prod(others[:, 2:] - others[:, :2], axis=1)
    return np.asarray(shared / np.maximum(own + theirs - shared, 1e-9), dtype=np.float32)


def suppress(boxes: Boxes, scores: NDArray[np.float32], max_iou: float) -> NDArray[np.intp]:
    """Non-maximum suppression: indexes of the boxes to keep, best score first."""
    waiting = np.argsort(-scores, kind="stable")
    kept = []
    while waiting.size:
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        waiting = waiting[iou(boxes[best], boxes[waiting]) <= max_iou]
    return np.array(kept, dtype=np.intp)


def span_iou(a: Span, b: Span) -> float:
    """Return the intersection over union of two spans of a line."""
    shared = min(a[1], b[1]) - max(a[0], b[0])
    whole = max(a[1], b[1]) - min(a[0], b[0])
    return max(0.0, shared) / whole if whole > 0 else 0.0


def union_length(spans: list[Span]) -> float:
    """Return the length of line that the spans cover together."""
    covered, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def stretches(boxes: Sequence[Box]) -> list[list[int]]:
    """Group boxes that stand side by side in one row: the slots of one long empty stretch.

    Neighbours share more than half of the lower one's height and are no further apart than `BETWEEN_SLOTS` of it,
    which is less than any product is wide. Returns indexes, each group from the left, groups in order of their first.
    """
    groups = [[index] for index in range(len(boxes))]
    for index, box in enumerate(boxes):
        for other in range(index):
            if _side_by_side(box, boxes[other]):
                mine, theirs = (next(g for g in groups if i in g) for i in (index, other))
                if mine is not theirs:
                    groups.remove(mine)
                    theirs.extend(mine)
    return [sorted(group, key=lambda index: boxes[index][0]) for group in groups]


def hull(boxes: Iterable[Box]) -> Box:
    """Return the smallest box around all of them."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def _side_by_side(a: Box, b: Box) -> bool:
    lower = min(a[3] - a[1], b[3] - b[1])
    shared = min(a[3], b[3]) - max(a[1], b[1])
    apart = max(a[0], b[0]) - min(a[2], b[2])
    return shared > 0.5 * lower and apart < BETWEEN_SLOTS * lower


def same_slot(found: Box, label: Box) -> bool:
    """Tell whether a detection is the labelled slot, whatever height the labeller gave it.

    The rule of slot-AP50: horizontal IoU at least 0.5, and the vertical centre of one inside the other.
    """
    if span_iou((found[0], found[2]), (label[0], label[2])) < 0.5:
        return False
    middle_found, middle_label = (found[1] + found[3]) / 2, (label[1] + label[3]) / 2
    return label[1] <= middle_found <= label[3] or found[1] <= middle_label <= found[3]
