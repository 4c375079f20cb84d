"""What a place looks like in two registered photos: did it change, and does it look like products now?"""

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box
from vision.photo import Photo
from vision.register import LOOK_SIDE, Matrix, Points, Registration, look

__all__ = ["Change", "Points", "compare"]

Grey = NDArray[np.float32]
UNCHANGED = 0.8  # correlation of the place with itself from which it counts as unchanged
# Real empty places, seen again, keep their detail (ratio about 1) and correlate above 0.8 with themselves.
MORE_DETAIL, SOME_DETAIL = 1.25, 0.35  # times that of the same place when empty, and share of the neighbours' detail
REPLACED, FULL_DETAIL = 0.4, 0.6  # or: correlation below, with this share of the neighbours' detail
# A copy, however cropped and scaled, is neither turned nor seen from elsewhere; nobody holds a phone that still twice.
SAME_SHOT_TURN, SAME_SHOT_TILT = 0.004, 0.006  # of the photo's side, over the whole of it
SAME_SHOT_ALIKE = 0.95  # correlation of the surroundings, in the middle of all tiles
SAME_SHOT_NOISE = 2.5  # grey levels of 255, after a slight blur
TILE = 40  # pixels at LOOK_SIDE


class Change(msgspec.Struct, frozen=True):
    """Findings about one place; `same_shot`: the photos are copies of one shot, `same_here`: here, too."""

    changed: bool
    like_products: bool
    same_shot: bool
    same_here: bool


def compare(before: Photo, after: Photo, box: Box, place: Registration) -> Change:
    """Look at the place `box` (before pixels) in both photos, the after photo warped onto the before photo."""
    assert place.matrix is not None  # noqa: S101 - asked only where the place is known
    old, new, seen = aligned(before, after, place.matrix)
    x0, y0, x1, y1 = _core(box, before, old)
    was, now = old[y0:y1, x0:x1], new[y0:y1, x0:x1]
    around_was, around_now = _around(old, (x0, y0, x1, y1)), _around(new, (x0, y0, x1, y1))
    detail_was = _detail(was) / max(_detail(around_was), 1e-3)
    detail_now = _detail(now) / max(_detail(around_now), 1e-3)
    alike = _correlation(was, now)
    more = detail_now >= SOME_DETAIL and detail_now >= MORE_DETAIL * detail_was
    return Change(
        changed=alike < UNCHANGED,
        like_products=more or (alike < REPLACED and detail_now >= FULL_DETAIL),
        same_shot=_same_shot(before, after, place.matrix, old, new, seen, (x0, y0, x1, y1)),
        same_here=float(np.abs(was - now).mean()) < 2 * SAME_SHOT_NOISE,
    )


def aligned(before: Photo, after: Photo, matrix: Matrix) -> tuple[Grey, Grey, NDArray[np.bool_]]:
    """Return both photos grey and slightly blurred in the frame of the small before photo, and what both cover."""
    old, scale_old = look(before)
    new, scale_new = look(after)
    to_old = np.diag([scale_old, scale_old, 1]) @ np.linalg.inv(matrix) @ np.diag([1 / scale_new, 1 / scale_new, 1])
    size = (old.shape[1], old.shape[0])
    warped = cv2.warpPerspective(new, to_old, size, flags=cv2.INTER_LINEAR)
    seen = cv2.warpPerspective(np.full(new.shape, 255, np.uint8), to_old, size) > 250
    soft = [cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.5) for picture in (old, warped)]
    first, second = (np.asarray(picture, dtype=np.float32) for picture in soft)
    return first, second, np.asarray(seen, dtype=np.bool_)


def _core(box: Box, photo: Photo, grey: Grey) -> Box:
    """Return the middle of the box in pixels of `grey`: detections reach into the boards above and below."""
    scale = LOOK_SIDE / max(photo.width, photo.height)
    x0, y0, x1, y1 = (value * scale for value in box)
    trim_x, trim_y = (x1 - x0) * 0.1, (y1 - y0) * 0.2
    height, width = grey.shape
    left, top = int(max(0, min(x0 + trim_x, width - 4))), int(max(0, min(y0 + trim_y, height - 4)))
    return left, top, int(min(width, max(left + 4, x1 - trim_x))), int(min(height, max(top + 4, y1 - trim_y)))


def _around(grey: Grey, box: Box) -> Grey:
    """The places left and right of the box, as wide as it is, side by side."""
    x0, y0, x1, y1 = box
    wide = x1 - x0
    left, right = grey[y0:y1, max(0, x0 - wide) : x0], grey[y0:y1, x1 : x1 + wide]
    return np.hstack([left, right]) if left.size + right.size else grey[y0:y1]


def _detail(grey: Grey) -> float:
    """Mean edge strength relative to the light there."""
    across, down = np.abs(np.diff(grey, axis=1)).mean(), np.abs(np.diff(grey, axis=0)).mean()
    return float((across + down) / max(20.0, float(grey.mean())) * 100)


def _correlation(a: Grey, b: Grey) -> float:
    """Normalised correlation, -1..1; two flat places correlate fully."""
    a, b = a - a.mean(), b - b.mean()
    strength = float(np.sqrt((a * a).mean() * (b * b).mean()))
    return float((a * b).mean()) / strength if strength > 2.0 else 1.0


def _same_shot(
    before: Photo, after: Photo, matrix: Matrix, old: Grey, new: Grey, seen: NDArray[np.bool_], box: Box
) -> bool:
    """Tell whether the camera did not move at all and all but the place itself is equal to the grain."""
    if not only_cropped(matrix, before, after):
        return False
    elsewhere = seen.copy()
    wide, high = box[2] - box[0], box[3] - box[1]
    elsewhere[max(0, box[1] - high) : box[3] + high, max(0, box[0] - wide) : box[2] + wide] = False
    return likeness(old, new, elsewhere) >= SAME_SHOT_ALIKE


def only_cropped(matrix: Matrix, before: Photo, after: Photo) -> bool:
    """Tell whether the mapping is a crop and a change of size, and nothing that a moved camera would add."""
    unit = np.diag([1 / after.width, 1 / after.height, 1]) @ matrix @ np.diag([before.width, before.height, 1])
    unit /= unit[2, 2]
    turn = max(abs(unit[0, 1]) / abs(unit[0, 0]), abs(unit[1, 0]) / abs(unit[1, 1]))
    return bool(turn <= SAME_SHOT_TURN and max(abs(unit[2, 0]), abs(unit[2, 1])) <= SAME_SHOT_TILT)


def likeness(old: Grey, new: Grey, where: NDArray[np.bool_]) -> float:
    """Return the correlation of aligned pictures in the middle of all tiles that lie wholly in `where`; else 0."""
    found = []
    for top in range(0, old.shape[0] - TILE + 1, TILE):
        for left in range(0, old.shape[1] - TILE + 1, TILE):
            tile = np.s_[top : top + TILE, left : left + TILE]
            if where[tile].all() and float(old[tile].std()) > 4:
                found.append(_correlation(old[tile], new[tile]))
    return float(np.median(found)) if found else 0.0
