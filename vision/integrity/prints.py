"""Fingerprints of a picture that survive saving, scaling, turning, mirroring and a crop of a tenth.

A print is 64 signs of the low frequencies (2-D cosine transform) of the grey picture. Mirroring flips known signs and
turning swaps the axes, so the prints of all eight positions follow from one transform. A crop does not follow: so a
photo is *kept* under the prints of several windows of it, and *looked up* by the eight positions of the whole.
"""

from functools import lru_cache
from typing import Literal, get_args

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.photo import Photo, Pixels

BANDS, BAND_BITS = 4, 16
SURE_DISTANCE = 7
"""Up to this many differing bits are always found: some band then differs in one bit at most, and those are probed."""
FAR_DISTANCE = 14
"""Beyond, two prints have nothing to do with each other; between, the pictures themselves are compared."""
SIDE, LOW = 32, 8
MIN_STRENGTH = 1.5  # grey levels of a picture's low frequencies; a wall or a black frame has no print

Position = Literal["as_is", "mirrored", "upside_down", "flipped", "left", "right", "transposed", "transverse"]
POSITIONS: tuple[Position, ...] = get_args(Position)
_WHOLE = (0.0, 0.0, 1.0, 1.0)
WINDOWS: tuple[tuple[float, float, float, float], ...] = (
    _WHOLE,
    (0.025, 0.025, 0.975, 0.975),
    *((x, y, x + 0.95, y + 0.95) for y in (0.0, 0.05) for x in (0.0, 0.05)),
    *((x, y, x + 0.9, y + 0.9) for y in (0.0, 0.05, 0.1) for x in (0.0, 0.05, 0.1)),
)
"""Parts of a photo it is kept under, as shares of its sides."""


class Print(msgspec.Struct, frozen=True):
    """64 bits, and the four bands of 16 by which a database finds them."""

    bits: int

    @property
    def bands(self) -> tuple[int, ...]:
        """The bands, lowest bits first."""
        return tuple(self.bits >> (BAND_BITS * band) & 0xFFFF for band in range(BANDS))

    def distance(self, other: "Print") -> int:
        """Return in how many of 64 bits two prints differ."""
        return (self.bits ^ other.bits).bit_count()


def kept_prints(photo: Photo) -> tuple[Print, ...]:
    """Return the prints a photo is kept under, each once; none of a picture without structure."""
    grey = _grey(photo.pixels)
    found = [_print(low) for window in WINDOWS if (low := _low(_cut(grey, window))) is not None]
    return tuple(dict.fromkeys(found))


def asked_prints(photo: Photo) -> dict[Position, Print]:
    """Return the prints of the photo in all eight positions, by what was done to it."""
    low = _low(_grey(photo.pixels))
    return {} if low is None else {position: _print(_moved(low, position)) for position in POSITIONS}


def probes(value: int) -> tuple[int, ...]:
    """Return a band's value and all that differ from it in one bit."""
    return (value, *(value ^ (1 << bit) for bit in range(BAND_BITS)))


def put_back(pixels: Pixels, position: Position) -> Pixels:
    """Undo a position: what it returns shows the scene as the kept photo does."""
    undone = {
        "as_is": pixels,
        "mirrored": pixels[:, ::-1],
        "flipped": pixels[::-1],
        "upside_down": pixels[::-1, ::-1],
        "transposed": pixels.transpose(1, 0, 2),
        "left": np.rot90(pixels, -1),
        "right": np.rot90(pixels),
        "transverse": pixels[::-1, ::-1].transpose(1, 0, 2),
    }
    return np.ascontiguousarray(undone[position])


def moved(pixels: Pixels, position: Position) -> Pixels:
    """Bring pixels into a position: `left` turns them a quarter to the left."""
    inverse: dict[Position, Position] = {"left": "right", "right": "left"}
    return put_back(pixels, inverse.get(position, position))


def _grey(pixels: Pixels) -> NDArray[np.float32]:
    small = cv2.resize(pixels, (320, 320), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def _cut(grey: NDArray[np.float32], window: tuple[float, float, float, float]) -> NDArray[np.float32]:
    height, width = grey.shape
    x0, y0, x1, y1 = (round(value * side) for value, side in zip(window, (width, height) * 2, strict=True))
    return grey[y0:y1, x0:x1]


def _low(grey: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the low frequencies (8, 8) without the means; None where there is next to nothing."""
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    low = (_basis() @ small @ _basis().T)[1 : LOW + 1, 1 : LOW + 1]
    return np.asarray(low, dtype=np.float32) if float(np.abs(low).mean()) >= MIN_STRENGTH else None


@lru_cache(maxsize=1)
def _basis() -> NDArray[np.float32]:
    """The cosine transform as a matrix (32, 32)."""
    k, n = np.mgrid[0:SIDE, 0:SIDE]
    return np.asarray(np.cos(np.pi * k * (2 * n + 1) / (2 * SIDE)) * np.sqrt(2 / SIDE), dtype=np.float32)


def _moved(low: NDArray[np.float32], position: Position) -> NDArray[np.float32]:
    """Return the low frequencies that the picture has after undoing `position`."""
    odd = np.where(np.arange(1, LOW + 1) % 2 == 1, -1.0, 1.0).astype(np.float32)
    across, down = low * odd[None, :], low * odd[:, None]
    both = across * odd[:, None]
    moved_to = {
        "as_is": low, "mirrored": across, "flipped": down, "upside_down": both,
        "transposed": low.T, "transverse": both.T, "left": down.T, "right": across.T,
    }  # fmt: skip
    return moved_to[position]


def _print(low: NDArray[np.float32]) -> Print:
    bits = np.packbits((low > 0).ravel())
    return Print(int.from_bytes(bits.tobytes(), "big"))
