"""Is the photo good enough to judge a shelf by: sharp, lit, not blown out, large enough, level, near, of a shelf."""

import math
from collections.abc import Sequence

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from core.text import Text
from vision.perspective import Sight
from vision.photo import Photo, Pixels

MIN_SHORT_SIDE = 360  # pixels of the full photo; below this a facing is a few pixels wide
LOOK_SIDE = 640  # pixels; measured at one size so that the limits mean the same for every camera
MIN_SHARPNESS = 60.0  # real shelf photos: 99 of 100 above 500; blurred by 2 px of 640: below 45
MIN_LIGHT = 45.0  # real shelf photos: all above 70; at a fifth of their light: below 45
MAX_GLARE = 0.25
MAX_ROLL = math.radians(12)  # boards in the middle of the photo; people hold a phone within 5 degrees
MAX_LEAN = math.radians(50)  # boards at the photo's corners; beyond it the far end is a few pixels wide
MIN_LEVEL = (
    -0.5
)  # log of level to upright edges; of 490 real shelf photos two are below: a sideways one, a row of doors
MIN_ROW = 0.035  # height of the middle row, as a share of the photo's; in a row of 30 px a facing is 10 px wide

REASONS: dict[str, Text] = {
    "blurred": Text("照片模糊，请拿稳手机重拍。", "The photo is blurred; hold the phone still and take it again."),
    "dark": Text("照片太暗，请开灯或打开闪光灯。", "The photo is too dark; switch on a light or the flash."),
    "glare": Text("照片过曝或反光，请换个角度。", "The photo is overexposed or reflects light; change the angle."),
    "tilted": Text("手机拿歪了，请端平重拍。", "The phone was tilted; hold it level and take the photo again."),
    "from_the_side": Text(
        "拍摄角度太斜，请正对货架。", "The shelf is seen too much from the side; stand in front of it."
    ),
    "too_far": Text("离货架太远，请走近一些，分段拍。", "Too far from the shelf; step closer and take it in parts."),
    "no_shelf": Text("没有看到货架，请对准货架拍。", "No shelf is in view; point the phone at the shelf."),
    "on_its_side": Text(
        "照片是横倒的，请转正后重传。", "The photo lies on its side; turn it upright and send it again."
    ),
    "upside_down": Text("照片上下颠倒，请转正后重传。", "The photo is upside down; turn it upright and send it again."),
    "too_small": Text("照片分辨率太低，请用原图。", "The photo has too few pixels; use the original."),
}


DOUBTFUL = frozenset({"blurred", "dark", "glare", "no_shelf", "on_its_side", "too_small", "upside_down"})
"""With these what looks like a gap is a guess; the others make a reading less exact."""


OF_SHELVES = frozenset({"tilted", "from_the_side", "too_far", "no_shelf", "on_its_side", "upside_down"})
"""What can only be said of a photo that shall show a shelf."""


class Quality(msgspec.Struct, frozen=True):
    """Verdict on a photo; `reasons` are keys of `REASONS`, the first to act on first, empty when `ok`."""

    ok: bool
    reasons: tuple[str, ...]


def doubtful(quality: Quality) -> bool:
    """Tell whether a photo is so bad that nothing should follow from it without a person's look."""
    return not DOUBTFUL.isdisjoint(quality.reasons)


def doubts(quality: Quality) -> tuple[Text, ...]:
    """Return why a person has to look at a photo before anything follows from it; empty for most."""
    return tuple(REASONS[reason] for reason in quality.reasons if reason in DOUBTFUL)


def judge(photo: Photo) -> Quality:
    """Name everything that keeps this photo from being judged; causes first: the dark is never sharp."""
    grey = _look(photo.pixels)
    found = {
        "dark": light(grey) < MIN_LIGHT,
        "glare": glare(grey) > MAX_GLARE,
        "too_small": min(photo.width, photo.height) < MIN_SHORT_SIDE,
        "blurred": sharpness(grey) < MIN_SHARPNESS,
    }
    if not (found["blurred"] or found["dark"]):
        found["on_its_side"] = levelness(grey) < MIN_LEVEL
    reasons = tuple(code for code, is_so in found.items() if is_so)
    return Quality(not reasons, reasons)


def judge_place(sight: Sight, row_heights: Sequence[float]) -> tuple[str, ...]:
    """Name what the detectors and the boards' lines tell of where the photo was taken from.

    `row_heights` are shares of the photo's height, one for each row seen.
    """
    found = {
        "no_shelf": not row_heights,
        "too_far": bool(row_heights) and float(np.median(row_heights)) < MIN_ROW,
        "tilted": bool(row_heights) and (sight.roll or 0.0) > MAX_ROLL,
        "from_the_side": bool(row_heights) and (sight.lean or 0.0) > MAX_LEAN,
    }
    return tuple(code for code, is_so in found.items() if is_so)


def sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian in the sharper parts (90th percentile of a 4 by 4 grid): a plain wall beside
    a sharp shelf does not count as blur. Relative to the light, so that dark does not count as blurred."""
    edges = cv2.Laplacian(grey, cv2.CV_32F) * (160.0 / max(light(grey), 8.0))
    tiles = [tile.var() for band in np.array_split(edges, 4) for tile in np.array_split(band, 4, axis=1)]
    return float(np.percentile(tiles, 90))


def levelness(grey: NDArray[np.uint8]) -> float:
    """Return how far (natural log) edges along the photo's width outweigh those along its height.

    Boards, price rails and rows of tops run along a shelf. Looked at in strips, so that slanted boards count.
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), 1).astype(np.float32)
    level = [_steps(strip.mean(axis=1)) for strip in np.array_split(smooth, 6, axis=1)]
    upright = [_steps(strip.mean(axis=0)) for strip in np.array_split(smooth, 6, axis=0)]
    return float(np.log(max(float(np.median(level)), 0.01) / max(float(np.median(upright)), 0.01)))


def _steps(profile: NDArray[np.float32]) -> float:
    return float(np.percentile(np.abs(np.diff(profile)), 97))


def light(grey: NDArray[np.uint8]) -> float:
    """Brightness 0..255 that a quarter of the photo exceeds."""
    counted = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    return float(np.searchsorted(counted, 0.75 * grey.size))


def glare(grey: NDArray[np.uint8]) -> float:
    """Share of the photo in patches that are burnt out."""
    patches = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA)
    return float((patches >= 250).mean())


def _look(pixels: Pixels) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = LOOK_SIDE / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
