"""A photo of a screen: its coloured pixel grid beats with the camera's, and its dark rim may be in view.

A weak witness: a good screen from afar, out of focus, with its rim out of view shows neither. What it says is a doubt,
never a finding. Figures: docs/evidence.md.
"""

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.photo import Photo, Pixels

TILE = 512
LOWEST, HIGHEST = 0.10, 0.49  # cycles per pixel; below, shelves and products repeat themselves
GRID_LIMIT = 2.1  # natural log; 3 in 100 real photos reach 2.0
RIM_SHARE = 0.012  # of the sides: the frame that is looked at
RIM_LIGHT, RIM_GRAIN = 60.0, 13.0  # grey levels: a rim is dark and plain all around
SUSPICIOUS = 0.5
GAINED, GAINED_TO = 0.45, 1.4
"""Of the same shelf photographed again 3 in 100 gain so much, of the shelf shown on a screen 27 to 33 in 100."""


class ScreenSigns(msgspec.Struct, frozen=True):
    """`suspicion` 0..1, from `SUSPICIOUS` on worth a person's look; `grid`: strength of the beat, `rim`: seen."""

    suspicion: float
    grid: float
    rim: bool


def screen_signs(photo: Photo) -> ScreenSigns:
    """Look for a screen's grid and rim. On photos below 512 pixels a side the grid cannot be seen."""
    grid, rim = grid_strength(photo.pixels), _rim(photo.pixels)
    by_grid = 1 / (1 + np.exp(-(grid - GRID_LIMIT) * 6))
    return ScreenSigns(round(max(float(by_grid), 0.85 if rim else 0.0), 3), round(grid, 2), rim)


def of_a_screen_since(before: Photo, after: Photo) -> bool:
    """Tell whether `after`, of the same shelf as `before`, has got the signs of a screen that `before` has not.

    Finer than `screen_signs`: what the shelf's own patterns show is in both photos.
    """
    signs = screen_signs(after)
    if signs.rim:
        return not _rim(before.pixels)
    return signs.grid >= GAINED_TO and signs.grid - grid_strength(before.pixels) >= GAINED


def grid_strength(pixels: Pixels) -> float:
    """Return how far (natural log) the sharpest peaks of the colours' spectrum rise above their surroundings."""
    colours = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)[:, :, 1:].astype(np.float32)
    tiles = [_tiles(colours[:, :, channel]) for channel in (0, 1)]
    return max((_peaks(some) for some in tiles if some), default=0.0)


def _rim(pixels: Pixels) -> bool:
    """Tell whether at least three sides of the photo are one dark, plain band, and what it frames is neither."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    height, width = grey.shape
    down, across = max(3, round(RIM_SHARE * height)), max(3, round(RIM_SHARE * width))
    sides = (grey[:down], grey[-down:], grey[:, :across], grey[:, -across:])
    plain = [float(np.percentile(side, 90)) < RIM_LIGHT and float(side.std()) < RIM_GRAIN for side in sides]
    return (
        sum(plain) >= 3 and float(grey[height // 4 : -height // 4, width // 4 : -width // 4].mean()) > 1.3 * RIM_LIGHT
    )


def _tiles(channel: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Five places: a screen's grid is all over the photo, a striped pack is not."""
    height, width = channel.shape
    if min(height, width) < TILE:
        return []
    tops, lefts = (0, (height - TILE) // 2, height - TILE), (0, (width - TILE) // 2, width - TILE)
    spots = [(tops[1], lefts[1]), (tops[0], lefts[0]), (tops[0], lefts[2]), (tops[2], lefts[0]), (tops[2], lefts[2])]
    return [channel[y : y + TILE, x : x + TILE] for y, x in spots]


def _peaks(tiles: list[NDArray[np.float32]]) -> float:
    window = np.outer(np.hanning(TILE), np.hanning(TILE)).astype(np.float32)
    spectra = [np.log1p(np.abs(np.fft.rfft2((tile - cv2.GaussianBlur(tile, (0, 0), 3)) * window))) for tile in tiles]
    spectrum = np.mean(spectra, axis=0).astype(np.float32)
    above = spectrum - cv2.blur(spectrum, (31, 31))
    fy, fx = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :]
    radius = np.sqrt(fy**2 + fx**2)
    # JPEG's blocks make peaks of their own at multiples of one eighth.
    block = (np.abs(fx * 8 - np.round(fx * 8)) < 0.03) & (np.abs(fy * 8 - np.round(fy * 8)) < 0.03)
    return float(np.sort(above[(radius > LOWEST) & (radius < HIGHEST) & ~block])[-12:].mean())
