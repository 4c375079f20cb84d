"""Local features: where a picture has something to hold on to, and what it looks like there. RootSIFT, in bytes."""

from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.photo import Photo, Pixels

LOOK_SIDE = 1600  # pixels of a photo's long side that features are looked for at: a poster 200 px wide still has some
PHOTO_FEATURES = 5000
UNIT: Final = 512  # a RootSIFT vector has length 1 and no value above 0.5: 512 makes bytes of it

Points = NDArray[np.float32]  # (n, 2)
Bytes = NDArray[np.uint8]


class Features(msgspec.Struct, frozen=True, eq=False):
    """n features of one picture.

    `points` (n, 2) are x and y, `sizes` (n,) diameters, both in pixels of the picture; `angles` (n,) are in
    radians, clockwise from the right; `looks` (n, 128) are RootSIFT descriptors times `UNIT`, as bytes.
    """

    points: Points
    sizes: NDArray[np.float32]
    angles: NDArray[np.float32]
    looks: Bytes

    def __len__(self) -> int:
        return len(self.points)

    def take(self, which: NDArray[np.intp]) -> "Features":
        """Return some of them."""
        return Features(self.points[which], self.sizes[which], self.angles[which], self.looks[which])


def detect(grey: Bytes, most: int, *, contrast: float = 0.02) -> Features:
    """Find at most `most` features of a grey picture, the strongest ones."""
    sift = cv2.SIFT_create(most, contrastThreshold=contrast)  # type: ignore[attr-defined] # missing in stubs
    keys, found = sift.detectAndCompute(grey, None)
    if found is None:
        return none()
    root = np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-7))
    return Features(
        points=np.array([key.pt for key in keys], dtype=np.float32).reshape(-1, 2),
        sizes=np.array([key.size for key in keys], dtype=np.float32),
        angles=np.radians(np.array([key.angle for key in keys], dtype=np.float32)),
        looks=np.rint(root * UNIT).clip(0, 255).astype(np.uint8),
    )


def none() -> Features:
    """Return no features."""
    zero = np.empty(0, dtype=np.float32)
    return Features(np.empty((0, 2), dtype=np.float32), zero, zero, np.empty((0, 128), dtype=np.uint8))


def of_photo(photo: Photo) -> Features:
    """Find the features of a photo, in full-photo pixels."""
    small, scale = resized(photo.pixels, LOOK_SIDE)
    found = detect(grey_of(small), PHOTO_FEATURES)
    scale *= photo.scale
    return Features(found.points / scale, found.sizes / scale, found.angles, found.looks)


def resized(pixels: Pixels, side: int, *, enlarge: bool = False) -> tuple[Pixels, float]:
    """Return the picture with a long side of at most `side` (exactly that with `enlarge`), and the factor."""
    factor = side / max(pixels.shape[:2])
    if factor > 1 and not enlarge:
        return pixels, 1.0
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how), dtype=np.uint8), factor


def grey_of(pixels: Pixels) -> Bytes:
    """Return the picture in grey."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def as_vectors(looks: Bytes) -> NDArray[np.float32]:
    """Return descriptors as vectors whose dot product is the cosine of their angle."""
    return np.asarray(looks.astype(np.float32) / np.float32(UNIT), dtype=np.float32)
