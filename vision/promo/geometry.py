"""Where a piece of artwork is on a photo: matches that agree on one plane, once for each copy."""

import math

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.promo.features import Features, as_vectors

Matrix = NDArray[np.float64]
Corners = NDArray[np.float32]  # (4, 2), clockwise from the artwork's top left

LEAST_ALIKE, CLEARER, APART = 0.78, 0.88, 8.0  # cosine; distance to the second best; pixels of artwork between the two
GUIDED_ALIKE, GUIDED_REACH = 0.82, 0.02  # once the place is known: cosine, and share of the artwork's side
GUIDED_TURN = 0.7  # radians: paper seen at a slant turns its parts differently
MOST_MATCHES = 700
SAME_CENTRE, SAME_SIZE, SAME_TURN = 0.22, 0.55, 0.5  # shares of the diagonal, octaves (natural log), radians
LEAST_GROUP, LEAST_INLIERS = 5, 8
TOLERANCE = 0.012  # of the piece's size on the photo: paper is not quite flat
MOST_COPIES = 8
MOST_FAILURES = 1  # groups that turn out to be chance, before the search ends
LEAST_OF_FIRST = 0.15  # a further copy has this share of the first one's inliers
SMALLEST, LARGEST = 40.0, 3.0  # pixels of its shorter side; times the photo's side
LEAST_ROUNDNESS = 0.004  # inliers on a line say nothing of a plane


class Placed(msgspec.Struct, frozen=True, eq=False):
    """One copy: `matrix` leads from artwork pixels to photo pixels; `own` and `seen` (n, 2) are the inliers in both."""

    matrix: Matrix
    own: NDArray[np.float32]
    seen: NDArray[np.float32]
    spread: float

    @property
    def inliers(self) -> int:
        """Return how many features agree."""
        return len(self.own)


def corners_of(matrix: Matrix, size: tuple[int, int]) -> Corners:
    """Return where the corners of artwork of `size` (width, height) are on the photo."""
    width, height = size
    own = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], dtype=np.float32)
    return np.asarray(cv2.perspectiveTransform(own, matrix)[:, 0], dtype=np.float32)


def place(artwork: Features, size: tuple[int, int], photo: Features, frame: tuple[int, int]) -> list[Placed]:
    """Find every copy of the artwork of `size` on a photo of `frame` (width, height), the surest first."""
    if len(artwork) < LEAST_GROUP or len(photo) < LEAST_GROUP:
        return []
    alike = as_vectors(photo.looks) @ as_vectors(artwork.looks).T
    seen, own = _matches(alike, artwork)
    copies: list[Placed] = []
    failures = 0
    taken = np.zeros(len(photo), dtype=bool)
    for _ in range(MOST_COPIES):
        left = ~taken[seen]
        if left.sum() < LEAST_GROUP:
            break
        group = _agreeing(artwork, size, photo, seen[left], own[left])
        if len(group) < LEAST_GROUP:
            break
        copy = _fit(artwork, size, photo, frame, alike, (seen[left][group], own[left][group]), taken)
        if copy is None:
            failures += 1
            if failures > MOST_FAILURES:
                break
            taken[seen[left][group]] = True  # what agreed by chance must not stand before a real copy
            continue
        placed, used = copy
        if copies and placed.inliers < LEAST_OF_FIRST * copies[0].inliers:
            break
        taken[used] = True
        taken |= _inside(corners_of(placed.matrix, size), photo.points)
        copies.append(placed)
    return sorted(copies, key=lambda copy: -copy.inliers)


def _matches(alike: NDArray[np.float32], artwork: Features) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs (photo, artwork): each photo feature's best, where it is clearly better than one elsewhere."""
    closest = alike.max(axis=1)
    good = np.flatnonzero(closest >= LEAST_ALIKE)
    if not len(good):
        return good, good
    good = good[np.argsort(-closest[good], kind="stable")][: 3 * MOST_MATCHES]
    near = alike[good]
    best = near.argmax(axis=1)
    first = near[np.arange(len(good)), best]
    apart = np.abs(artwork.points[None, :, :] - artwork.points[:, None, :]).max(axis=2) > APART
    second = (near * apart[best]).max(axis=1)
    clear = (1 - first) < CLEARER**2 * (1 - second)  # squared distances of unit vectors are 2 - 2 cos
    order = np.flatnonzero(clear)
    order = order[np.argsort(-first[order], kind="stable")][:MOST_MATCHES]
    return good[order], best[order]


def _agreeing(
    artwork: Features, size: tuple[int, int], photo: Features, seen: NDArray[np.intp], own: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the largest group of matches that put the artwork's centre in one place, at one size and turn."""
    growth = np.log(photo.sizes[seen] / artwork.sizes[own])
    turn = photo.angles[seen] - artwork.angles[own]
    offset = (np.array(size) / 2 - artwork.points[own]) * np.exp(growth)[:, None]
    cos, sin = np.cos(turn), np.sin(turn)
    centre = photo.points[seen] + np.column_stack(
        [cos * offset[:, 0] - sin * offset[:, 1], sin * offset[:, 0] + cos * offset[:, 1]]
    )
    reach = SAME_CENTRE * math.hypot(*size) * np.exp(growth)
    away = np.hypot(centre[:, None, 0] - centre[None, :, 0], centre[:, None, 1] - centre[None, :, 1])
    turned = np.abs((turn[:, None] - turn[None, :] + np.pi) % (2 * np.pi) - np.pi)
    agree = (away < np.minimum(reach[:, None], reach[None, :])) & (turned < SAME_TURN)
    agree &= np.abs(growth[:, None] - growth[None, :]) < SAME_SIZE
    return np.flatnonzero(agree[agree.sum(axis=1).argmax()])


def _fit(
    artwork: Features,
    size: tuple[int, int],
    photo: Features,
    frame: tuple[int, int],
    alike: NDArray[np.float32],
    group: tuple[NDArray[np.intp], NDArray[np.intp]],
    taken: NDArray[np.bool_],
) -> tuple[Placed, NDArray[np.intp]] | None:
    """Fit a plane to a group, then twice more to all that lies where it says."""
    seen, own = group
    growth = float(np.median(photo.sizes[seen] / artwork.sizes[own]))
    error = max(2.0 * max(frame) / 1600, TOLERANCE * growth * math.sqrt(size[0] * size[1]))
    matrix, inside = _homography(artwork.points[own], photo.points[seen], error)
    for _ in range(2):
        if matrix is None or not plausible(matrix, size, frame):
            return None
        seen, own = _guided(artwork, size, photo, matrix, alike, taken)
        if len(seen) < LEAST_INLIERS:
            return None
        matrix, inside = _homography(artwork.points[own], photo.points[seen], error)
    if matrix is None or inside.sum() < LEAST_INLIERS or not plausible(matrix, size, frame):
        return None
    own_points, spread = artwork.points[own[inside]], _spread(artwork.points[own[inside]], artwork.points, size)
    if _roundness(own_points / np.array(size)) < LEAST_ROUNDNESS:
        return None
    return Placed(matrix, own_points, photo.points[seen[inside]], spread), seen[inside]


def _homography(
    own: NDArray[np.float32], seen: NDArray[np.float32], error: float
) -> tuple[Matrix | None, NDArray[np.bool_]]:
    if len(own) < LEAST_GROUP:
        return None, np.zeros(len(own), dtype=bool)
    fitted, mask = cv2.findHomography(own, seen, cv2.USAC_MAGSAC, error, maxIters=2000, confidence=0.995)
    if fitted is None or mask is None or not np.isfinite(fitted).all():
        return None, np.zeros(len(own), dtype=bool)
    return np.asarray(fitted, dtype=np.float64), mask.ravel().astype(bool)


def _guided(
    artwork: Features,
    size: tuple[int, int],
    photo: Features,
    matrix: Matrix,
    alike: NDArray[np.float32],
    taken: NDArray[np.bool_],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return, for each feature of the artwork, the photo feature most like it near where it must be."""
    corners = corners_of(matrix, size)
    near = np.flatnonzero(_inside(corners, photo.points, margin=1.06) & ~taken)
    if not len(near):
        return near, near
    expected = cv2.perspectiveTransform(artwork.points[:, None], matrix)[:, 0]
    reach = GUIDED_REACH * math.sqrt(abs(cv2.contourArea(corners)))
    away = np.linalg.norm(photo.points[near][:, None, :] - expected[None, :, :], axis=2)
    turn = np.radians(turn_of(matrix, size))
    growth = 0.5 * math.log(max(abs(cv2.contourArea(corners)), 1e-6) / (size[0] * size[1]))
    turned = photo.angles[near][:, None] - artwork.angles[None, :] - turn
    grown = np.log(photo.sizes[near])[:, None] - np.log(artwork.sizes)[None, :] - growth
    fits = (np.abs((turned + np.pi) % (2 * np.pi) - np.pi) < GUIDED_TURN) & (np.abs(grown) < SAME_SIZE)
    likeness = np.where((away < reach) & fits, alike[near], 0.0)
    best = likeness.argmax(axis=0)
    own = np.flatnonzero(likeness[best, np.arange(len(artwork))] >= GUIDED_ALIKE)
    return near[best[own]], own


def plausible(matrix: Matrix, size: tuple[int, int], frame: tuple[int, int]) -> bool:
    """Tell whether paper can look like this: not folded, not mirrored, not of a size or slant out of reason."""
    corners = corners_of(matrix, size)
    if not np.isfinite(corners).all():
        return False
    depth = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]]) @ matrix[2, :2] + matrix[2, 2]
    if not ((depth > 0).all() or (depth < 0).all()):
        return False
    edges = np.roll(corners, -1, axis=0) - corners
    turns = edges[:, 0] * np.roll(edges[:, 1], -1) - edges[:, 1] * np.roll(edges[:, 0], -1)
    if not (turns > 0).all():  # convex, and clockwise as the artwork is: the other way is a mirror
        return False
    top, right, bottom, left = (float(length) for length in np.linalg.norm(edges, axis=1))
    if min(top, bottom) < SMALLEST / 2 or min(left, right) < SMALLEST / 4 or max(top, left) > LARGEST * max(frame):
        return False
    if max(top, bottom) > 2.5 * min(top, bottom) or max(left, right) > 2.5 * min(left, right):
        return False
    shape = ((top + bottom) / (left + right)) / (size[0] / size[1])
    return 0.33 <= shape <= 3.0


def turn_of(matrix: Matrix, size: tuple[int, int]) -> float:
    """Return by how many degrees the piece is turned clockwise, -180..180; 0 is upright."""
    corners = corners_of(matrix, size)
    up = (corners[0] + corners[1]) / 2 - (corners[3] + corners[2]) / 2
    return math.degrees(math.atan2(float(up[0]), float(-up[1])))


def overlap(a: Corners, b: Corners) -> float:
    """Return the intersection over union of two convex quadrilaterals."""
    shared, _ = cv2.intersectConvexConvex(a, b)
    whole = cv2.contourArea(a) + cv2.contourArea(b) - shared
    return float(shared / whole) if whole > 0 else 0.0


def _inside(corners: Corners, points: NDArray[np.float32], margin: float = 1.0) -> NDArray[np.bool_]:
    middle = corners.mean(axis=0)
    wide = middle + (corners - middle) * margin
    edges = np.roll(wide, -1, axis=0) - wide
    rel = points[None, :, :] - wide[:, None, :]
    return np.asarray((edges[:, None, 0] * rel[:, :, 1] - edges[:, None, 1] * rel[:, :, 0] >= 0).all(axis=0))


def _spread(inliers: NDArray[np.float32], features: NDArray[np.float32], size: tuple[int, int]) -> float:
    """Return the share of the artwork's parts with features that hold inliers (a 4 by 4 grid)."""

    def cells(points: NDArray[np.float32]) -> set[tuple[int, int]]:
        return {(int(x), int(y)) for x, y in (points / np.array(size) * 4).astype(int).clip(0, 3)}

    return len(cells(inliers)) / max(1, len(cells(features)))


def _roundness(points: NDArray[np.float32]) -> float:
    low: float = np.linalg.eigvalsh(np.cov(points.T))[0]
    return low
