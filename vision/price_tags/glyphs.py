"""How high the digits of a line stand: 12 with a small 80 behind it is 12.80, not 1280."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.photo import Pixels
from vision.price_tags.model import TextLine

SMALL = 0.78
"""A digit lower than this share of the first ones is set smaller on purpose; prints and lenses vary by a tenth."""


def straightened(pixels: Pixels, corners: tuple[tuple[float, float], ...], margin: tuple[float, float]) -> Pixels:
    """Cut a line of text out upright, with `margin` (left and right, above and below) in line heights around it."""
    a, b, _, d = (np.array(point) for point in corners)
    along, down = b - a, d - a
    width, height = float(np.hypot(*along)), float(np.hypot(*down))
    right, below = along / max(width, 1e-6), down / max(height, 1e-6)
    side, above = margin[0] * height, margin[1] * height
    origin = a - right * side - below * above
    size = max(4, round(width + 2 * side)), max(4, round(height + 2 * above))
    start = np.array([origin, origin + right * size[0], origin + below * size[1]], dtype=np.float32)
    end = np.array([[0, 0], [size[0], 0], [0, size[1]]], dtype=np.float32)
    matrix = cv2.getAffineTransform(start, end)
    cut = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, dtype=np.uint8)


def small_end(pixels: Pixels, line: TextLine) -> int | None:
    """Return how many of the last digits of a line are clearly smaller than the first ones; None where unclear."""
    digits = sum(char.isdigit() for char in line.text)
    heights = _heights(straightened(pixels, line.corners, (0.05, 0.08)))
    if not line.text[:1].isdigit() and len(heights) == digits + 1:
        heights = heights[1:]  # the currency before them
    if len(heights) != digits or digits < 2:
        return None
    tall = float(np.median(heights[: max(1, digits - 2)]))
    small = 0
    for height in reversed(heights[1:]):
        if height >= SMALL * tall:
            break
        small += 1
    return small if small < digits else 0


def _heights(cut: Pixels) -> list[float]:
    """Heights of the shapes that ink makes, from the left; specks left out."""
    grey = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY)
    scale = 64 / max(1, grey.shape[0])
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    _, ink = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if float(np.mean(ink)) > 127:  # light digits on dark
        ink = 255 - ink
    _, _, shapes, _ = cv2.connectedComponentsWithStats(np.asarray(ink, dtype=np.uint8))
    kept: list[NDArray[np.int32]] = [
        shape for shape in shapes[1:] if shape[3] >= 18 and shape[2] < 64 and shape[4] > 60
    ]
    kept.sort(key=lambda shape: int(shape[0]))
    return [float(shape[3]) for shape in _merged(kept)]


def _merged(shapes: list[NDArray[np.int32]]) -> list[NDArray[np.int32]]:
    """A shape within the columns of the one before belongs to it (the ring of a 0, a broken 5)."""
    merged: list[NDArray[np.int32]] = []
    for shape in shapes:
        if merged and shape[0] + shape[2] <= merged[-1][0] + merged[-1][2] + 2:
            continue
        merged.append(shape)
    return merged
