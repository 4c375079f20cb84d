"""Last month's or this month's? Two pieces that claim one place are compared with the photo where they differ."""

import enum
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.photo import Pixels
from vision.promo.artwork import Artwork
from vision.promo.confirm import confirm, warp
from vision.promo.geometry import Matrix, Placed, place

DIFFERENT = 18.0  # levels of 255 by which the two prints differ in a pixel
LEAST_PIXELS = 24  # differing ones, at the photo's resolution, to say anything
BLOCK, REACH = 18, 3  # pixels: side of the blocks compared, and how far a block may have moved
CLEAR = 0.3  # margin from which one of the two is chosen: 1 is a perfect print of the one, -1 of the other
LEAST_BEST = 0.35  # correlation that the better one must reach where they differ
CLEAR_SHARE = 0.15  # of their area confirmed, for pieces of different layout
SAME_LAYOUT = 30  # features that two editions of one layout share at least
FINEST = 1.6  # times the small picture: small print of a near poster is worth it


class Choice(enum.Enum):
    """Which of two pieces a place shows."""

    FIRST = 1
    SECOND = 2
    UNSURE = 3


def tell_apart(pixels: Pixels, scale: float, a: Artwork, at_a: Placed, b: Artwork, at_b: Placed) -> Choice:
    """Say which of two pieces that claim one place of the photo is there.

    Args:
        pixels: the photo as `confirm.looked_at` returns it.
        scale: its factor.
        a: the first piece.
        at_a: where it is.
        b: the second piece.
        at_b: where that is.

    """
    size = a.small
    joined = _registered(a, b)
    if joined is None:  # not of one layout: how much of each is there says enough
        first, second = (confirm(pixels, scale, one, at.matrix).visible for one, at in ((a, at_a), (b, at_b)))
        if abs(first - second) < CLEAR_SHARE:
            return Choice.UNSURE
        return Choice.FIRST if first > second else Choice.SECOND
    own, seen, there = warp(pixels, scale, a, at_a.matrix, FINEST)
    height, width = own.shape[:2]
    to_frame = np.diag([width / size[0], height / size[1], 1]) @ joined
    other = np.asarray(cv2.warpPerspective(b.picture, to_frame, (width, height), flags=cv2.INTER_AREA), dtype=np.uint8)
    margin = _margin(own, other, seen, there)
    if margin is None or abs(margin) < CLEAR:
        return Choice.UNSURE
    return Choice.FIRST if margin > 0 else Choice.SECOND


def _registered(a: Artwork, b: Artwork) -> Matrix | None:
    """Return what leads from b's pixels to a's, where both are of one layout."""
    sizes = [one.small for one in (a, b)]
    placed = place(b.features, sizes[1], a.features, sizes[0])
    if not placed or placed[0].inliers < SAME_LAYOUT or placed[0].spread < 0.5:
        return None
    corners = cv2.perspectiveTransform(
        np.array([[[0, 0]], [[sizes[1][0], sizes[1][1]]]], dtype=np.float32), placed[0].matrix
    )[:, 0]
    off = np.abs(corners - np.array([[0, 0], sizes[0]])).max() / math.sqrt(sizes[0][0] * sizes[0][1])
    return placed[0].matrix if off < 0.08 else None


def _margin(own: Pixels, other: Pixels, seen: Pixels, there: NDArray[np.bool_]) -> float | None:
    """Return how much more the photo is like the first (1) than the second (-1) where they differ; None: no telling."""
    a, b, photo = (np.asarray(cv2.GaussianBlur(one, (0, 0), 0.8), dtype=np.float32) for one in (own, other, seen))
    edge = max(2, round(0.02 * min(own.shape[:2])))
    differs = (np.abs(a - b).max(axis=2) > DIFFERENT) & there
    differs[:edge] = differs[-edge:] = False
    differs[:, :edge] = differs[:, -edge:] = False
    if differs.sum() < LEAST_PIXELS:
        return None
    gained, possible, best = 0.0, 0.0, 0.0
    height, width = differs.shape
    for y in range(0, height, BLOCK):
        for x in range(0, width, BLOCK):
            weight = float(differs[y : y + BLOCK, x : x + BLOCK].sum())
            if weight < 6:
                continue
            y0, x0, y1, x1 = max(0, y - 4), max(0, x - 4), min(height, y + BLOCK + 4), min(width, x + BLOCK + 4)
            like_a, like_b = (_likeness(one[y0:y1, x0:x1], photo, (x0, y0, x1, y1)) for one in (a, b))
            apart = 1 - max(-1.0, _likeness(b[y0:y1, x0:x1], a, (x0, y0, x1, y1)))
            gained += weight * (like_a - like_b)
            possible += weight * apart
            best += weight * apart * max(like_a, like_b)
    if possible <= 0.05 * differs.sum() or best / possible < LEAST_BEST:
        return None
    return gained / possible


def _likeness(part: NDArray[np.float32], whole: NDArray[np.float32], box: tuple[int, int, int, int]) -> float:
    x0, y0, x1, y1 = box
    around = whole[max(0, y0 - REACH) : y1 + REACH, max(0, x0 - REACH) : x1 + REACH]
    if part.std() < 2 or around.std() < 2:
        return 0.0
    return float(cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED).max())
