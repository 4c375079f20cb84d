"""Is what lies there really the artwork, and how much of it can be seen? Part by part, by looking at both."""

import math

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.photo import Photo, Pixels
from vision.promo.artwork import Artwork
from vision.promo.features import grey_of, resized
from vision.promo.geometry import Matrix, corners_of

CELLS = 9  # along the side of a square piece
LEAST_CELL = 10  # pixels
SHIFT = 0.16  # of a cell: how far paper off the plane may move its print
PLAIN = 5.0  # grey levels of spread below which a part of the artwork is plain colour
MATCHES = 0.45  # correlation from which a part with print is there
SAME_TONE = 34.0  # levels of 255 between a plain part and what the light there makes of it
DIMMEST, TINT = 0.15, 2.2  # gain of the light, and how much stronger it may be in one colour than in another
FULL_SIDE = 2400  # pixels of the photo's long side that is looked at

Grey = NDArray[np.float32]


class Confirmed(msgspec.Struct, frozen=True, eq=False):
    """What looking at both says.

    `cells` (rows, columns) holds 1 where the artwork is seen, 0 where something else is, NaN where nothing can be said
    (transparent parts, plain parts without a light to compare). `in_frame` is the share of its area inside the photo,
    `likeness` the mean correlation of the printed parts that are seen.
    """

    cells: NDArray[np.float32]
    visible: float
    in_frame: float
    likeness: float
    printed: int


def looked_at(photo: Photo) -> tuple[Pixels, float]:
    """Return the pixels to look at, and how many of them there are to a full-photo pixel (a factor of lengths)."""
    small, factor = resized(photo.pixels, FULL_SIDE)
    return small, factor * photo.scale


def warp(
    pixels: Pixels, scale: float, artwork: Artwork, matrix: Matrix, most: float = 1.0
) -> tuple[Pixels, Pixels, NDArray[np.bool_]]:
    """Return the artwork and the photo in one frame, as fine as the photo shows it, and where the photo covers it.

    Args:
        pixels: what `looked_at` returned.
        scale: its factor.
        artwork: the artwork.
        matrix: from artwork pixels to full-photo pixels.
        most: the finest, in pixels per artwork pixel.

    """
    width, height = artwork.small
    corners = corners_of(matrix, (width, height)) * scale
    growth = math.sqrt(abs(float(cv2.contourArea(corners))) / (width * height))
    factor = float(np.clip(growth, 0.15, most))
    size = max(8, round(width * factor)), max(8, round(height * factor))
    own = np.asarray(cv2.resize(artwork.picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    to_frame = np.diag([size[0] / width, size[1] / height, 1]) @ np.linalg.inv(np.diag([scale, scale, 1]) @ matrix)
    soft = growth / factor
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 8, 0)
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int) + 8
    part = pixels[y0 : max(y0 + 1, y1), x0 : max(x0 + 1, x1)]
    if part.size == 0:
        return own, np.zeros_like(own), np.zeros(own.shape[:2], dtype=bool)
    if soft > 1.2:
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.45 * soft), dtype=np.uint8)
    moved = to_frame @ np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]], dtype=np.float64)
    seen = np.asarray(cv2.warpPerspective(part, moved, size, flags=cv2.INTER_LINEAR), dtype=np.uint8)
    there = cv2.warpPerspective(np.full(part.shape[:2], 255, np.uint8), moved, size, flags=cv2.INTER_NEAREST) > 0
    return own, seen, np.asarray(there, dtype=bool)


def confirm(pixels: Pixels, scale: float, artwork: Artwork, matrix: Matrix) -> Confirmed:
    """Look at the place and say which parts of the artwork are there."""
    own, seen, there = warp(pixels, scale, artwork, matrix)
    height, width = own.shape[:2]
    side = max(LEAST_CELL, math.sqrt(width * height) / CELLS)
    rows, columns = max(1, round(height / side)), max(1, round(width / side))
    ys, xs = np.linspace(0, height, rows + 1).astype(int), np.linspace(0, width, columns + 1).astype(int)
    solid = None if artwork.solid is None else cv2.resize(artwork.solid, (width, height), interpolation=cv2.INTER_AREA)
    soft = [np.asarray(cv2.GaussianBlur(grey_of(one), (0, 0), 1.0), dtype=np.float32) for one in (own, seen)]
    likeness = np.full((rows, columns), np.nan, dtype=np.float32)
    known = np.ones((rows, columns), dtype=bool)
    inside = np.ones((rows, columns), dtype=bool)
    for row in range(rows):
        for column in range(columns):
            box = (int(xs[column]), int(ys[row]), int(xs[column + 1]), int(ys[row + 1]))
            cell = slice(box[1], box[3]), slice(box[0], box[2])
            inside[row, column] = there[cell].mean() > 0.6
            known[row, column] = solid is None or solid[cell].mean() > 127
            if inside[row, column] and known[row, column]:
                likeness[row, column] = _correlation(soft[0], soft[1], box)
    cells = np.where(np.isnan(likeness), np.nan, (likeness >= MATCHES).astype(np.float32))
    plain = inside & known & np.isnan(likeness)
    cells = _judge_plain(cells, plain, _means(own, ys, xs), _means(seen, ys, xs), _spreads(soft, ys, xs))
    counted = known & ~np.isnan(cells) | (known & ~inside)
    good = np.nansum(np.where(counted & inside, cells, 0.0))
    printed = likeness[~np.isnan(likeness)]
    agreeing = printed[printed >= MATCHES]
    return Confirmed(
        cells=cells.astype(np.float32),
        visible=float(good / max(1, counted.sum())),
        in_frame=float(inside[known].mean()) if known.any() else 0.0,
        likeness=float(agreeing.mean()) if len(agreeing) else 0.0,
        printed=len(agreeing),
    )


def _correlation(own: Grey, seen: Grey, box: tuple[int, int, int, int]) -> float:
    """Return the best correlation of a part with the photo near its place; NaN where the part is plain."""
    x0, y0, x1, y1 = box
    part = own[y0:y1, x0:x1]
    if part.std() < PLAIN:
        return math.nan
    reach = max(1, round(SHIFT * max(y1 - y0, x1 - x0)))
    around = seen[max(0, y0 - reach) : y1 + reach, max(0, x0 - reach) : x1 + reach]
    if around[::2, ::2].std() < 1.5:
        return -1.0
    return float(cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED).max())


def _means(pixels: Pixels, ys: NDArray[np.intp], xs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the mean colour of every cell (rows, columns, 3)."""
    whole = np.add.reduceat(np.add.reduceat(pixels.astype(np.float64), ys[:-1], axis=0), xs[:-1], axis=1)
    sizes: NDArray[np.float64] = np.diff(ys)[:, None, None] * np.diff(xs)[None, :, None]
    return np.asarray(whole / sizes, dtype=np.float64)


def _spreads(soft: list[Grey], ys: NDArray[np.intp], xs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how much more the photo varies than the artwork in each cell, in grey levels."""
    spread = []
    for grey in soft:
        rows = [
            [grey[ys[i] : ys[i + 1], xs[j] : xs[j + 1]].std() for j in range(len(xs) - 1)] for i in range(len(ys) - 1)
        ]
        spread.append(np.array(rows, dtype=np.float64))
    difference: NDArray[np.float64] = spread[1] - spread[0]
    return difference


def _judge_plain(
    cells: NDArray[np.float32],
    plain: NDArray[np.bool_],
    own: NDArray[np.float64],
    seen: NDArray[np.float64],
    rougher: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Judge plain parts by their colour, in the light that the confirmed parts tell of."""
    sure = cells == 1
    if not plain.any() or sure.sum() < 8:
        return cells
    rows, columns = cells.shape
    down, across = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    judged = cells.copy()
    far, light = np.zeros(cells.shape), []
    for channel in range(3):
        value = own[..., channel]
        terms = np.stack([value, value * across, value * down, np.ones_like(value)], axis=-1)
        gain, *_ = np.linalg.lstsq(terms[sure], seen[..., channel][sure], rcond=None)
        far = np.maximum(far, np.abs(terms @ gain - seen[..., channel]))
        light.append(float(gain[0]))
    possible = min(light) > DIMMEST and max(light) < TINT * min(light)  # no lamp turns blue paper red
    judged[plain] = ((far < SAME_TONE) & (rougher < 12) & possible)[plain]
    return judged
