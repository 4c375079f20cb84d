"""Artwork as headquarters uploads it: made into features and a small picture once, or refused with a reason."""

import io
from functools import lru_cache
from typing import Final

import cv2
import msgspec
import numpy as np
from PIL import Image

from core.text import Text
from vision.errors import PhotoError
from vision.photo import Photo, Pixels, encode_jpeg
from vision.promo.features import Bytes, Features, detect, grey_of

EXTRACTOR: Final = "sift-1"
"""Name and version of what makes the features: those of another version are made again from the file."""
AREA_SIDE, LONG_SIDE = 560, 1280  # the small picture: as large as a square of this side, and no longer than this
MOST_FEATURES = 700
COARSE = 9.0  # diameter in pixels of the small picture from which a feature is still there on a distant photo
LEAST_FEATURES, LEAST_SPREAD, GRID = 60, 0.3, 5
LEAST_SIDE = 160  # pixels of the file's shorter side
LONGEST_SHAPE = 16.0  # times as long as wide

PROBLEMS: dict[str, Text] = {
    "artwork.too_small": Text(
        f"图稿太小：短边至少 {LEAST_SIDE} 像素。请上传印刷用的原图。",
        f"The artwork is too small: its shorter side needs {LEAST_SIDE} pixels at least. Use the print file.",
    ),
    "artwork.too_long": Text(
        "图稿过于细长，无法可靠识别。请只上传其中有图文的一段。",
        "The artwork is too long and narrow to be recognised. Upload only the part of it with words and pictures.",
    ),
    "artwork.too_plain": Text(
        "图稿上的图文太少（大面积纯色），照片里认不出来。请换用带有标题、图案或价格的图稿。",
        "There is too little on this artwork (mostly plain colour) to recognise it on a photo. Use one with words,"
        " pictures or a price.",
    ),
    "artwork.one_corner": Text(
        "图稿的图文都挤在一小块地方，其余是纯色。请裁到有图文的部分再上传。",
        "All that can be recognised is in one small part of this artwork. Crop it to the part with words and pictures.",
    ),
}


class Artwork(msgspec.Struct, frozen=True, eq=False):
    """One piece of artwork. `solid` (h, w) is 0 where it is transparent, `small` the size (width, height) of `picture`.

    Features are in pixels of `picture`; `width` and `height` are those of the file.
    """

    features: Features
    encoded: bytes
    small: tuple[int, int]
    solid: Bytes | None
    width: int
    height: int

    @property
    def picture(self) -> Pixels:
        """Return a small RGB picture (h, w, 3). It is kept as JPEG, a tenth of the size, and decoded when looked at."""
        return _decoded(self.encoded)


class _Packed(msgspec.Struct, array_like=True):
    extractor: str
    width: int
    height: int
    small: tuple[int, int]
    picture: bytes
    solid: bytes | None
    points: bytes
    sizes: bytes
    angles: bytes
    looks: bytes


def make(photo: Photo, data: bytes = b"") -> Artwork:
    """Make artwork of an opened file; `data` are its bytes, from which transparency is read.

    Raises:
        PhotoError: one of `PROBLEMS`, which tell a person what to do.

    """
    if min(photo.width, photo.height) < LEAST_SIDE:
        raise _problem("artwork.too_small")
    if max(photo.width, photo.height) > LONGEST_SHAPE * min(photo.width, photo.height):
        raise _problem("artwork.too_long")
    picture = _small(photo.pixels)
    found = detect(grey_of(picture), 4 * MOST_FEATURES, contrast=0.015)
    solid = _solid(data, photo.media_type, (picture.shape[1], picture.shape[0]))
    if solid is not None and len(found):
        x, y = found.points.astype(int).T
        found = found.take(np.flatnonzero(solid[y, x]))
    if len(found) < LEAST_FEATURES:
        raise _problem("artwork.too_plain")
    if spread(found, picture.shape) < LEAST_SPREAD:
        raise _problem("artwork.one_corner")
    return Artwork(
        features=_choose(found, picture.shape),
        encoded=encode_jpeg(Image.fromarray(picture), quality=90),
        small=(picture.shape[1], picture.shape[0]),
        solid=solid,
        width=photo.width,
        height=photo.height,
    )


def spread(features: Features, shape: tuple[int, ...]) -> float:
    """Return the share of a `GRID` by `GRID` grid over the picture that holds features."""
    cells = (features.points / np.array([shape[1], shape[0]]) * GRID).astype(int).clip(0, GRID - 1)
    return len({(int(x), int(y)) for x, y in cells}) / GRID**2


def pack(artwork: Artwork) -> bytes:
    """Return the artwork as bytes to be kept: about 170 kB."""
    found = artwork.features
    return msgspec.msgpack.encode(
        _Packed(
            extractor=EXTRACTOR,
            width=artwork.width,
            height=artwork.height,
            small=artwork.small,
            picture=artwork.encoded,
            solid=None if artwork.solid is None else np.packbits(artwork.solid > 0).tobytes(),
            points=np.rint(found.points * 32).astype("<u2").tobytes(),
            sizes=found.sizes.astype("<f2").tobytes(),
            angles=found.angles.astype("<f2").tobytes(),
            looks=found.looks.tobytes(),
        )
    )


def unpack(kept: bytes) -> Artwork:
    """Return what `pack` kept.

    Raises:
        ValueError: these are not bytes of this version's `pack`.

    """
    try:
        packed = msgspec.msgpack.decode(kept, type=_Packed)
    except msgspec.DecodeError as error:
        raise ValueError("not packed artwork") from error
    if packed.extractor != EXTRACTOR:
        raise ValueError(f"packed by {packed.extractor}, this is {EXTRACTOR}")
    width, height = packed.small
    solid = None
    if packed.solid is not None:
        bits = np.unpackbits(np.frombuffer(packed.solid, np.uint8), count=width * height)
        solid = (bits.reshape(height, width) * np.uint8(255)).astype(np.uint8)
    features = Features(
        points=(np.frombuffer(packed.points, "<u2").reshape(-1, 2) / 32).astype(np.float32),
        sizes=np.frombuffer(packed.sizes, "<f2").astype(np.float32),
        angles=np.frombuffer(packed.angles, "<f2").astype(np.float32),
        looks=np.frombuffer(packed.looks, np.uint8).reshape(-1, 128),
    )
    return Artwork(features, packed.picture, packed.small, solid, packed.width, packed.height)


@lru_cache(maxsize=12)
def _decoded(encoded: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(encoded), formats=["JPEG"]).convert("RGB"), dtype=np.uint8)


def _problem(code: str) -> PhotoError:
    return PhotoError(code, PROBLEMS[code])


def _small(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    factor = min(1.0, AREA_SIDE / (width * height) ** 0.5, LONG_SIDE / max(width, height))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _solid(data: bytes, media_type: str, size: tuple[int, int]) -> Bytes | None:
    """Return where the file is not transparent, or None where it has no transparency (most have none)."""
    if media_type not in {"image/png", "image/webp"} or not data:
        return None
    with Image.open(io.BytesIO(data), formats=["PNG", "WEBP"]) as file:
        if not file.has_transparency_data:
            return None
        alpha = file.convert("RGBA").getchannel("A").resize(size, Image.Resampling.BOX)
    solid = (np.asarray(alpha) > 127).astype(np.uint8) * np.uint8(255)
    return None if solid.all() else solid


def _choose(found: Features, shape: tuple[int, ...]) -> Features:
    """Keep coarse features first (a distant photo has no others), then fine ones from all over the picture."""
    coarse = np.flatnonzero(found.sizes >= COARSE)[: MOST_FEATURES // 2]
    fine = np.flatnonzero(found.sizes < COARSE)
    cells = (found.points[fine] / np.array([shape[1], shape[0]]) * GRID).astype(int).clip(0, GRID - 1)
    cell = cells[:, 0] * GRID + cells[:, 1]
    rank = np.zeros(
        len(fine), dtype=int
    )  # how many stronger ones there are in the same cell (SIFT lists them by strength)
    for one in np.unique(cell):
        rank[cell == one] = np.arange((cell == one).sum())
    order = fine[np.argsort(rank, kind="stable")][: MOST_FEATURES - len(coarse)]
    return found.take(np.sort(np.concatenate([coarse, order])))
