"""Find out whether two photos show the same piece of shelf, and how one maps onto the other."""

import math

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box
from vision.photo import Photo

LOOK_SIDE = 1000  # pixels of the long side that features are looked for at
MAX_FEATURES = 4000
MAX_RATIO = 0.86  # to the second best match; a shelf repeats itself, so this alone decides little
MAX_ERROR = 4.0  # pixels at LOOK_SIDE
Matrix = NDArray[np.float64]
Points = NDArray[np.float32]


class Registration(msgspec.Struct, frozen=True, eq=False):
    """How the before photo maps onto the after photo, in full-photo pixels, and what that rests on.

    `features` is the smaller count of features of the two photos; `matches` and `inliers` count pairs;
    `spread` is the share of a 6 by 6 grid over the before photo that holds inliers; `points` (n, 2) are the
    inliers in before pixels. `matrix` is None where no sensible mapping was found.
    """

    matrix: Matrix | None
    features: int
    matches: int
    inliers: int
    spread: float
    points: Points

    def project(self, box: Box) -> Points:
        """Return the four corners (4, 2) of a before box in after pixels."""
        assert self.matrix is not None  # noqa: S101 - callers ask only a registration that holds
        return project(self.matrix, box)

    def near(self, box: Box, reach: float) -> int:
        """Count inliers around a box, outside of it, within `reach` times its longer side."""
        far = reach * max(box[2] - box[0], box[3] - box[1])
        x, y = self.points[:, 0], self.points[:, 1]
        around = (x > box[0] - far) & (x < box[2] + far) & (y > box[1] - far) & (y < box[3] + far)
        inside = (x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])
        return int((around & ~inside).sum())


def project(matrix: Matrix, box: Box) -> Points:
    """Map the corners of a box, clockwise from the top left."""
    x0, y0, x1, y1 = box
    corners = np.array([[[x0, y0]], [[x1, y0]], [[x1, y1]], [[x0, y1]]], dtype=np.float32)
    return np.asarray(cv2.perspectiveTransform(corners, matrix)[:, 0], dtype=np.float32)


def register(before: Photo, after: Photo) -> Registration:
    """Match features of the two photos and fit a homography that most good matches agree on."""
    points_a, found_a = _features(before)
    points_b, found_b = _features(after)
    fewest = min(len(points_a), len(points_b))
    pairs = _mutual_matches(found_a, found_b) if fewest >= 8 else np.empty((0, 2), dtype=np.intp)
    nothing = np.empty((0, 2), dtype=np.float32)
    if len(pairs) < 8:
        return Registration(None, fewest, len(pairs), 0, 0.0, nothing)
    source, target = points_a[pairs[:, 0]], points_b[pairs[:, 1]]
    error = MAX_ERROR * max(after.width, after.height) / LOOK_SIDE
    fitted, mask = cv2.findHomography(source, target, cv2.USAC_MAGSAC, error, maxIters=5000, confidence=0.999)
    matrix = None if fitted is None else np.asarray(fitted, dtype=np.float64)
    if matrix is None or not _sensible(matrix, before, after):
        return Registration(None, fewest, len(pairs), 0, 0.0, nothing)
    inliers = source[mask.ravel().astype(bool)]
    spread = _spread(inliers, before)
    return Registration(matrix, fewest, len(pairs), len(inliers), spread, inliers)


def look(photo: Photo, side: int = LOOK_SIDE) -> tuple[NDArray[np.uint8], float]:
    """Return the grey photo with `side` as its long side, and its pixels per full-photo pixel."""
    scale = side / max(photo.pixels.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(photo.pixels, None, fx=scale, fy=scale, interpolation=how)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8), scale * photo.scale


def _features(photo: Photo) -> tuple[Points, NDArray[np.float32]]:
    grey, scale = look(photo)
    sift = cv2.SIFT_create(MAX_FEATURES, contrastThreshold=0.02)  # type: ignore[attr-defined] # missing in stubs
    keys, found = sift.detectAndCompute(grey, None)
    if found is None:
        return np.empty((0, 2), dtype=np.float32), np.empty((0, 128), dtype=np.float32)
    root = np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-7))
    points = np.array([key.pt for key in keys], dtype=np.float32) / scale
    return points, np.asarray(root, dtype=np.float32)


def _mutual_matches(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.intp]:
    """Pairs (n, 2) of indexes that are each other's best and clearly better than the second best."""
    closeness = a @ b.T  # unit vectors: larger is closer
    best_b = closeness.argmax(axis=1)
    best_a = closeness.argmax(axis=0)
    rows = np.arange(len(a))
    first = closeness[rows, best_b]
    closeness[rows, best_b] = -1
    second = closeness.max(axis=1)
    clear = np.sqrt(np.maximum(2 - 2 * first, 0)) < MAX_RATIO * np.sqrt(np.maximum(2 - 2 * second, 0))
    kept = clear & (best_a[best_b] == rows)
    return np.column_stack([rows[kept], best_b[kept]])


def _sensible(matrix: Matrix, before: Photo, after: Photo) -> bool:
    """A hand-held phone neither mirrors the shelf, nor folds it, nor changes its size out of reason."""
    frame = project(matrix, (0, 0, before.width, before.height))
    edges = np.roll(frame, -1, axis=0) - frame
    turns = edges[:, 0] * np.roll(edges[:, 1], -1) - edges[:, 1] * np.roll(edges[:, 0], -1)
    if not (turns > 0).all():
        return False
    size = math.sqrt(abs(cv2.contourArea(frame)) / (before.width * before.height))
    size *= max(before.width, before.height) / max(after.width, after.height)
    upright = edges[0, 0] > abs(edges[0, 1])  # the top edge still runs from left to right
    return bool(upright) and 0.25 <= size <= 4.0


def _spread(points: Points, photo: Photo) -> float:
    cells = (points / np.array([photo.width, photo.height]) * 6).astype(int).clip(0, 5)
    return len({(int(x), int(y)) for x, y in cells}) / 36
