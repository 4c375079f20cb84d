"""Is one photo a copy of another? The second look, at the pictures, after their prints were found alike.

Two shots of one shelf from nearly the same spot look alike, too, and are honest. A copy is told by what a hand cannot
do: not turn, not tilt, and show the same grain all over.
"""

import msgspec

from vision import appearance
from vision.integrity.prints import Position, put_back
from vision.photo import Photo
from vision.register import register

MIN_INLIERS = 60


class Copy(msgspec.Struct, frozen=True):
    """Verdict on two pictures; `alike`: correlation of what both show, `inliers`: details found in both."""

    is_copy: bool
    alike: float
    inliers: int


def look_closer(earlier: Photo, now: Photo, position: Position) -> Copy:
    """Tell whether `now`, with `position` undone, is the earlier photo saved again, cropped or scaled."""
    pixels = put_back(now.pixels, position)
    swapped = position in {"left", "right", "transposed", "transverse"}
    width, height = (now.height, now.width) if swapped else (now.width, now.height)
    upright = msgspec.structs.replace(now, pixels=pixels, width=width, height=height)
    place = register(earlier, upright)
    if place.matrix is None or place.inliers < MIN_INLIERS:
        return Copy(False, 0.0, place.inliers)
    if not appearance.only_cropped(place.matrix, earlier, upright):
        return Copy(False, 0.0, place.inliers)
    old, new, seen = appearance.aligned(earlier, upright, place.matrix)
    alike = appearance.likeness(old, new, seen)
    return Copy(alike >= appearance.SAME_SHOT_ALIKE, round(alike, 3), place.inliers)
