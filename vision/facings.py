"""How wide is one facing beside a gap, and so how many are missing in it: read off the rhythm of the products."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box
from vision.photo import Pixels

REACH = 3.0  # gap heights to either side in which neighbours are looked at
NARROWEST, WIDEST = 0.15, 1.6  # gap heights: what a facing's width may be
MIN_RHYTHM = 0.35  # autocorrelation from which a rhythm counts; noise of the same length stays below 0.25
MIN_REPEATS = 2.5  # facings that must fit in what is looked at


def missing_facings(pixels: Pixels, gap: Box, row: Box, others: list[Box]) -> int | None:
    """Return how many facings would fill the gap, by the width of its neighbours; None where they show no rhythm.

    `pixels` (h, w, 3) show the row level; `others` are the row's other gaps, beyond which nobody looks.
    """
    height = gap[3] - gap[1]
    sides = [_left(gap, row, others, height), _right(gap, row, others, height)]
    found = [rhythm(_profile(pixels, gap[1], gap[3], *side), height) for side in sides]
    clearest = max((answer for answer in found if answer is not None), default=None, key=lambda answer: answer[1])
    return None if clearest is None else max(1, round((gap[2] - gap[0]) / clearest[0]))


def rhythm(profile: NDArray[np.float64], height: int) -> tuple[float, float] | None:
    """Return the width of one facing in pixels and how clear the rhythm is (0 to 1), None where there is none."""
    shortest, longest = max(4, int(NARROWEST * height)), int(min(WIDEST * height, len(profile) / MIN_REPEATS))
    if longest <= shortest + 2:
        return None
    level = profile - profile.mean()
    power = float((level**2).sum())
    if power <= 0:
        return None
    size = len(level)
    lags = np.arange(longest + 2)
    same = np.array([float((level[: size - lag] * level[lag:]).sum()) / power * size / (size - lag) for lag in lags])
    peaks = [
        lag
        for lag in range(shortest, longest + 1)
        if same[lag] >= MIN_RHYTHM and same[lag] >= same[lag - 1] and same[lag] >= same[lag + 1]
    ]
    if not peaks:
        return None
    best = max(same[lag] for lag in peaks)
    first = next(lag for lag in peaks if same[lag] >= 0.85 * best)  # two facings repeat as well as one does
    return float(first), float(min(1.0, same[first]))


def _left(gap: Box, row: Box, others: list[Box], height: int) -> tuple[int, int]:
    near = max([row[0], *(other[2] for other in others if other[2] <= gap[0])])
    return max(near, gap[0] - int(REACH * height)), gap[0]


def _right(gap: Box, row: Box, others: list[Box], height: int) -> tuple[int, int]:
    near = min([row[2], *(other[0] for other in others if other[0] >= gap[2])])
    return gap[2], min(near, gap[2] + int(REACH * height))


def _profile(pixels: Pixels, top: int, bottom: int, start: int, end: int) -> NDArray[np.float64]:
    """Return how strongly columns differ from their left neighbours, over the lower two thirds of the row."""
    strip = pixels[max(0, top + (bottom - top) // 3) : max(0, bottom), max(0, start) : max(0, end)]
    if strip.shape[0] < 4 or strip.shape[1] < 8:
        return np.zeros(0)
    edges = np.abs(cv2.Sobel(strip, cv2.CV_32F, 1, 0, ksize=3)).max(axis=2).mean(axis=0)
    return np.asarray(cv2.GaussianBlur(edges.reshape(1, -1), (0, 0), 1.0).ravel(), dtype=np.float64)
