"""Photos that lie on their side or upside down: seen the right way up, and what was seen put back where it is."""

import msgspec
import numpy as np

from vision.geometry import Box
from vision.photo import Photo

Point = tuple[int, int]


def turned(photo: Photo, quarters: int) -> Photo:
    """Return the photo turned to the left by so many quarters."""
    pixels = np.ascontiguousarray(np.rot90(photo.pixels, quarters))
    size = (photo.width, photo.height) if quarters % 2 == 0 else (photo.height, photo.width)
    return msgspec.structs.replace(photo, pixels=pixels, width=size[0], height=size[1])


def point_back(point: Point, quarters: int, size: tuple[int, int]) -> Point:
    """Return where a point of the turned photo lies on the photo itself, which has this `size` (width, height)."""
    (x, y), (width, height) = point, size
    match quarters % 4:
        case 1:
            return width - y, x
        case 2:
            return width - x, height - y
        case 3:
            return y, height - x
        case _:
            return point


def box_back(box: Box, quarters: int, size: tuple[int, int]) -> Box:
    """Return where a box of the turned photo lies on the photo itself."""
    (xa, ya), (xb, yb) = point_back(box[:2], quarters, size), point_back(box[2:], quarters, size)
    return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)
