"""A shelf photographed from the side: find where its boards meet, and look at it as from the front.

Boards run parallel in the world, so on a photo they meet in one vanishing point. The projective map that sends this
point (and the vertical, taken as parallel) to infinity makes boards horizontal and leaves the ratio of lengths along a
board as it is in the shop, which is what a share of empty length needs (Hartley and Zisserman, Multiple View Geometry,
2.7: affine properties are known once the line at infinity is).
"""

import math

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box
from vision.photo import Pixels

LOOK_SIDE = 512  # pixels of the long side, where lines are looked for
MIN_LENGTH = 0.06  # of the long side; shorter segments are print on packs
MAX_SLOPE = math.tan(math.radians(40))
NEAR = math.radians(1.5)  # a segment points at the vanishing point if it misses it by less
MIN_SEGMENTS = 12
MIN_SUPPORT = 0.5  # of the segments' total length
FRONTAL = math.radians(2.5)  # boards that nowhere lean more are seen from the front
NEAREST = 0.75  # half widths: a vanishing point nearer to the centre is no shelf seen from the side
MAX_STRETCH = 2.5  # how much the far end may be enlarged beside the near end
MAX_GROWTH = 1.6  # of a side of the picture

Segments = NDArray[np.float64]  # (n, 4): x0, y0, x1, y1
Matrix = NDArray[np.float64]  # (3, 3)


class View(msgspec.Struct, frozen=True, eq=False):
    """How to see a photo from the front: `matrix` maps its pixels to a picture of `size` (width, height)."""

    matrix: Matrix
    size: tuple[int, int]

    def look(self, pixels: Pixels) -> Pixels:
        """Return the photo (h, w, 3) as seen from the front; what lies outside it is grey."""
        seen = cv2.warpPerspective(pixels, self.matrix, self.size, flags=cv2.INTER_AREA, borderValue=(114, 114, 114))
        return np.asarray(seen, dtype=np.uint8)

    def back(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the corners (n, 4, 2) on the photo, from the upper left clockwise, of boxes (n, 4) of the view."""
        if not len(boxes):
            return np.zeros((0, 4, 2), np.float32)
        corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 1, 2).astype(np.float64)
        there = cv2.perspectiveTransform(corners, np.linalg.inv(self.matrix))
        return np.asarray(there.reshape(-1, 4, 2), dtype=np.float32)


class Sight(msgspec.Struct, frozen=True, eq=False):
    """How a photo sees its shelf: angles in radians, None where no boards tell them.

    `lean` is how far boards lean at most, `roll` how far they lean in the middle of the photo; `view` is how to see it
    from the front, None where it is so seen or cannot be.
    """

    lean: float | None = None
    roll: float | None = None
    view: View | None = None


def sight(pixels: Pixels) -> Sight:
    """Return how this photo (h, w, 3) sees its shelf."""
    size = pixels.shape[1], pixels.shape[0]
    point = vanishing_point(segments(pixels), size)
    if point is None:
        return Sight()
    lean, roll = leaning(point, size), math.atan2(abs(point[1]), abs(point[0]))
    return Sight(lean, roll, None if lean < FRONTAL else view_from(point, size))


def frontal_view(pixels: Pixels) -> View | None:
    """Return how to see this photo (h, w, 3) from the front; None where it is so seen, or nothing tells how."""
    return sight(pixels).view


def segments(pixels: Pixels) -> Segments:
    """Return the long segments that lean less than 40 degrees, in pixels of the picture given."""
    scale = min(1.0, LOOK_SIDE / max(pixels.shape[:2]))
    size = (max(16, round(pixels.shape[1] * scale)), max(16, round(pixels.shape[0] * scale)))
    grey = cv2.cvtColor(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(grey)[0]
    lines = np.asarray([] if found is None else found, dtype=np.float64).reshape(-1, 4)  # None: no line at all
    run, rise = np.abs(lines[:, 2] - lines[:, 0]), np.abs(lines[:, 3] - lines[:, 1])
    long = np.hypot(run, rise) >= MIN_LENGTH * max(size)
    return np.asarray(lines[long & (rise <= MAX_SLOPE * run)] / scale)


def vanishing_point(lines: Segments, size: tuple[int, int]) -> NDArray[np.float64] | None:
    """Return the point (x, y, w), homogeneous, from the picture's centre, where most of the segments' length meets.

    None where there are too few segments, or no point has half of their length behind it.
    """
    if len(lines) < MIN_SEGMENTS:
        return None
    centred = lines - np.array([size[0] / 2, size[1] / 2] * 2)
    unit = size[0] / 2  # keeps the three numbers of a line of one size
    ends = np.stack([centred[:, :2] / unit, centred[:, 2:] / unit], axis=1)
    through = np.cross(np.c_[ends[:, 0], np.ones(len(ends))], np.c_[ends[:, 1], np.ones(len(ends))])
    through /= np.linalg.norm(through[:, :2], axis=1, keepdims=True)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    longest = np.argsort(-length)[:60]
    first, second = np.triu_indices(len(longest), 1)
    candidates = np.cross(through[longest[first]], through[longest[second]])
    norms = np.linalg.norm(candidates, axis=1)
    candidates = candidates[norms > 1e-6] / norms[norms > 1e-6, None]
    candidates = np.vstack([candidates, _at_infinity(ends)])
    support = _pointing_at(candidates, ends) @ length
    best = candidates[int(np.argmax(support))]
    if support.max() < MIN_SUPPORT * length.sum():
        return None
    best = _refined(through, length, _pointing_at(best[None], ends)[0])
    return np.asarray(best * np.array([unit, unit, 1.0]))


def leaning(point: NDArray[np.float64], size: tuple[int, int]) -> float:
    """Return the largest angle, in radians, that a line to the point has from the horizontal, over the four corners."""
    half = np.array(size) / 2
    corners = np.array([[x, y] for x in (-half[0], half[0]) for y in (-half[1], half[1])])
    way = point[:2] - corners * point[2]
    return float(np.max(np.arctan2(np.abs(way[:, 1]), np.abs(way[:, 0]))))


def view_from(point: NDArray[np.float64], size: tuple[int, int]) -> View | None:
    """Return the view with the vanishing point at infinity, level; None where that would tear the picture."""
    width, height = size
    x, y, w = point
    if abs(x) < NEAREST * width / 2 * abs(w) or x == 0:
        return None
    fall = w / x  # 1 over the distance of the vanishing line
    nearest = 1 - abs(fall) * width / 2
    if nearest <= 0 or (1 + abs(fall) * width / 2) / nearest > MAX_STRETCH**2:
        return None
    centre = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    project = np.array([[1, 0, 0], [0, 1, 0], [-fall, 0, 1]])
    level = np.array([[1, 0, 0], [-y / x, 1, 0], [0, 0, 1]])
    return _fitted(level @ project @ centre, size)


def hull_of(corners: NDArray[np.float32]) -> Box:
    """Return the smallest upright box around four corners (4, 2)."""
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return round(float(x0)), round(float(y0)), round(float(x1)), round(float(y1))


def _fitted(matrix: Matrix, size: tuple[int, int]) -> View:
    width, height = size
    corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], dtype=np.float64)
    there = cv2.perspectiveTransform(corners, matrix).reshape(-1, 2)
    low, high = there.min(axis=0), there.max(axis=0)
    grown = (high - low) / np.array(size)
    scale = min(1.0, MAX_GROWTH / float(grown.max()))
    shift = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale], [0, 0, 1]])
    wide, high_ = np.ceil((high - low) * scale).astype(int)
    return View(shift @ matrix, (int(wide), int(high_)))


def _at_infinity(ends: NDArray[np.float64]) -> NDArray[np.float64]:
    way = np.median(np.arctan2(*(ends[:, 1] - ends[:, 0]).T[::-1] * np.sign((ends[:, 1] - ends[:, 0])[:, 0])))
    return np.array([[math.cos(way), math.sin(way), 0.0], [1.0, 0.0, 0.0]])


def _pointing_at(points: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each point (p, 3) which segments (n) miss it by less than `NEAR`, seen from their middle: (p, n)."""
    middle, way = ends.mean(axis=1), ends[:, 1] - ends[:, 0]
    across = points[:, :1] - points[:, 2:] * middle[:, 0]
    down = points[:, 1:2] - points[:, 2:] * middle[:, 1]
    miss = np.abs(way[:, 0] * down - way[:, 1] * across)
    return np.asarray(miss < math.tan(NEAR) * np.abs(way[:, 0] * across + way[:, 1] * down))


def _refined(through: NDArray[np.float64], length: NDArray[np.float64], near: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the point with the least squared distance from the lines, weighted by their length."""
    weighted = through[near] * length[near, None]
    return np.asarray(np.linalg.svd(weighted)[2][-1])
