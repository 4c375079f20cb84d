"""Pairs of photos, before and after, whose truth is known: made out of real shelf photos, because nobody publishes
real ones. Only the makers are here; what is measured on them is in `benchmarks.verify`.

A second photo is never a copy: the shelf is seen from elsewhere (perspective, turn, crop, zoom), in other light,
with other blur, grain and compression. The only exceptions are the kinds that play a person who cheats.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from vision.geometry import Box, overlap, same_slot
from vision.photo import Photo, open_photo
from vision.render import render_pair
from vision.shelf import ShelfReader

Picture = NDArray[np.uint8]


class Shelf(msgspec.Struct, frozen=True, eq=False):
    """A real photo, its empty places (labels, detections of the same slot joined), and those a task would name."""

    stem: str
    picture: Picture
    empty: tuple[Box, ...]
    asked: tuple[Box, ...]


class Pair(msgspec.Struct, frozen=True, eq=False):
    """Two files, the gaps to judge in the first, and whether `fixed` is the truth."""

    kind: str
    stem: str
    fixed: bool
    before: bytes
    after: bytes
    boxes: tuple[Box, ...]


def read_shelves(folder: Path, reader: ShelfReader, stems: set[str]) -> list[Shelf]:
    """Read photos with YOLO labels; those on which the detector finds no labelled gap open no task by themselves."""
    shelves = []
    for file in sorted((folder / "images").iterdir()):
        if file.stem not in stems:
            continue
        photo = open_photo(file.read_bytes())
        labels = _labels(folder / "labels" / f"{file.stem}.txt", photo)
        found = [box for box, _ in reader.find_gaps(photo)]
        asked = tuple(box for box in found if any(same_slot(box, label) for label in labels))
        empty = tuple(_joined(label, asked) for label in labels)
        if asked:
            shelves.append(Shelf(file.stem, photo.pixels, (*empty, *found), asked[:6]))
    return shelves


def make_pairs(shelves: list[Shelf], seed: int, kinds: set[str] | None = None) -> Iterator[Pair]:
    """Make one pair of every kind from every photo that allows it."""
    for index, shelf in enumerate(shelves):
        other = shelves[(index + 1 + seed % 7) % len(shelves)]
        for number, (kind, (make, fixed)) in enumerate(KINDS.items()):
            if kinds is None or kind in kinds:
                rng = np.random.default_rng([seed, index, number])
                made = make(shelf, other, rng)
                if made is not None:
                    yield Pair(kind, shelf.stem, fixed, *made)


def rendered_pairs(seeds: range) -> Iterator[Pair]:
    """Make pairs of drawn shelves: restocked, and left empty."""
    for seed in seeds:
        for fixed in (True, False):
            before, after = render_pair(seed, filled=fixed)
            kind = "rendered_fixed" if fixed else "rendered_not_fixed"
            yield Pair(kind, f"seed {seed}", fixed, before.jpeg, after.jpeg, tuple(before.gap_boxes))


Made = tuple[bytes, bytes, tuple[Box, ...]] | None
Maker = Callable[[Shelf, Shelf, Generator], Made]


def _fixed(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(fill(shelf.picture, shelf, shelf.asked[:1], rng), rng), shelf.asked[:1])


def _fixed_all(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(fill(shelf.picture, shelf, shelf.asked, rng), rng), shelf.asked)


def _fixed_new_products(shelf: Shelf, other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(fill(shelf.picture, other, shelf.asked[:1], rng), rng), shelf.asked[:1])


def _not_fixed(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(shelf.picture, rng), shelf.asked[:1])


def _not_fixed_all(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(shelf.picture, rng, 1.4), shelf.asked)


def _partly(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    if len(shelf.asked) < 2 or overlap(shelf.asked[0], shelf.asked[1]):
        return None
    return _pair(shelf, retake(fill(shelf.picture, shelf, shelf.asked[:1], rng), rng), shelf.asked[:2])


def _elsewhere(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    rest = [box for box in shelf.empty if not overlap(box, shelf.asked[0])]
    if not rest:
        return None
    return _pair(shelf, retake(fill(shelf.picture, shelf, rest[:3], rng), rng), shelf.asked[:1])


def _covered(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(cover(shelf.picture, shelf.asked[0], rng), rng), shelf.asked[:1])


def _other_shelf(shelf: Shelf, other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(other.picture, rng), shelf.asked[:1])


def _next_bay(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    """The left and the right half of one photo: one shop, one light, one range of products, another bay."""
    width = shelf.picture.shape[1]
    x0, y0, x1, y1 = shelf.asked[0]
    half = width // 2
    if x0 < half < x1:
        return None
    left, right = shelf.picture[:, :half], shelf.picture[:, half:]
    first, second, shift = (left, right, 0) if x1 <= half else (right, left, half)
    return encode(first), retake(second, rng), ((x0 - shift, y0, x1 - shift, y1),)


def _angle(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(shelf.picture, rng, 3.0), shelf.asked[:1])


def _angle_fixed(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, retake(fill(shelf.picture, shelf, shelf.asked[:1], rng), rng, 2.5), shelf.asked[:1])


def _same_file(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:  # noqa: ARG001 - one signature for all makers
    again = encode(shelf.picture)
    return again, again, shelf.asked[:1]


def _edited(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    """The before photo itself, filled at a desk: saved again, perhaps cropped, scaled and made brighter."""
    painted = fill(shelf.picture, shelf, shelf.asked[:1], rng)
    cut = int(rng.choice([0, 0, 12, 40]))
    height, width = painted.shape[:2]
    painted = painted[cut : height - cut // 2, cut // 2 : width - cut]
    side = int(width * rng.choice([1.0, 1.0, 0.85, 1.3]))
    scaled = cv2.resize(painted, (side, round(side * painted.shape[0] / painted.shape[1])))
    light = scaled.astype(np.float32) * rng.uniform(0.9, 1.15)
    return _pair(shelf, encode(light, int(rng.integers(60, 95))), shelf.asked[:1])


def _mirrored(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    painted = fill(shelf.picture, shelf, shelf.asked[:1], rng)
    return _pair(shelf, retake(np.ascontiguousarray(painted[:, ::-1]), rng), shelf.asked[:1])


def _screen(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    return _pair(shelf, encode(screen_photo(shelf.picture, rng)), shelf.asked[:1])


def _screen_filled(shelf: Shelf, _other: Shelf, rng: Generator) -> Made:
    painted = fill(shelf.picture, shelf, shelf.asked[:1], rng)
    return _pair(shelf, encode(screen_photo(painted, rng)), shelf.asked[:1])


KINDS: dict[str, tuple[Maker, bool]] = {
    "fixed": (_fixed, True),
    "fixed_all": (_fixed_all, True),
    "fixed_new_products": (_fixed_new_products, True),
    "angle_fixed": (_angle_fixed, True),
    "not_fixed": (_not_fixed, False),
    "not_fixed_all": (_not_fixed_all, False),
    "partly": (_partly, False),
    "elsewhere": (_elsewhere, False),
    "covered": (_covered, False),
    "other_shelf": (_other_shelf, False),
    "next_bay": (_next_bay, False),
    "angle": (_angle, False),
    "same_file": (_same_file, False),
    "edited": (_edited, False),
    "mirrored": (_mirrored, False),
    "screen": (_screen, False),
    "screen_filled": (_screen_filled, False),
}
"""Each kind: how it is made, and whether the gap is truly filled on a genuine photo."""


def retake(picture: Picture, rng: Generator, strength: float = 1.0) -> bytes:
    """Photograph the same scene again, by another hand: from elsewhere, in other light, with other grain."""
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    moved = corners + rng.uniform(-0.035, 0.035, (4, 2)) * strength * [width, height]
    moved = _turned(moved, rng.normal(0, 2.0), rng.uniform(0.88, 1.15), (width, height), rng)
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    size = int(rng.choice([640, 800, 960, 1280])) / max(width, height)
    matrix = np.diag([size, size, 1.0]) @ matrix
    out = (round(width * size), round(height * size))
    seen = cv2.warpPerspective(picture, matrix, out, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return encode(_develop(seen, rng), int(rng.integers(62, 93)))


def _turned(points: Any, degrees: float, zoom: float, size: tuple[int, int], rng: Generator) -> Any:
    middle = np.array(size) / 2
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * zoom
    return (points - middle) @ turn + middle + rng.uniform(-0.04, 0.04, 2) * size


def _develop(picture: NDArray[Any], rng: Generator) -> NDArray[np.float32]:
    """Other exposure, white balance, vignette, focus and grain."""
    light = 255 * (picture.astype(np.float32) / 255) ** rng.uniform(0.8, 1.25)
    light *= rng.uniform(0.8, 1.2) * rng.uniform(0.94, 1.06, 3).astype(np.float32)
    slope = np.linspace(rng.uniform(0.85, 1.0), rng.uniform(0.85, 1.0), picture.shape[1], dtype=np.float32)
    light *= slope[None, :, None]
    blurred = cv2.GaussianBlur(light, (0, 0), max(0.3, rng.uniform(0.3, 1.1) * picture.shape[1] / 900))
    return np.asarray(blurred + rng.normal(0, rng.uniform(1, 4), picture.shape), dtype=np.float32)


def fill(picture: Picture, source: Shelf, boxes: tuple[Box, ...] | list[Box], rng: Generator) -> Picture:
    """Put products of `source` (full places of it at about that height) into the boxes, feathered at the edges."""
    filled = picture.astype(np.float32)
    for box in boxes:
        x0, y0, x1, y1 = box
        unit = max(12, min(x1 - x0, round(0.8 * (y1 - y0))))
        for left in range(x0, x1, unit):
            place = (left, y0, min(left + unit, x1), y1)
            if place[2] - place[0] >= 4:
                _put(filled, _stock(source, place, box, rng), place)
    return filled.clip(0, 255).astype(np.uint8)


def _stock(source: Shelf, place: Box, box: Box, rng: Generator) -> Picture:
    """Find the nearest full place of this size on the row; failing that the one with the most detail anywhere."""
    height, width = source.picture.shape[:2]
    wide, high = place[2] - place[0], place[3] - place[1]
    top = min(place[1], height - high)
    taken = (*source.empty, box)
    clean = [x for x in range(0, width - wide, 4) if not any(overlap((x, top, x + wide, top + high), t) for t in taken)]
    near = sorted(clean, key=lambda x: abs(x - place[0]))[:6]
    if near and abs(near[0] - place[0]) < 4 * wide + 60:
        x = int(rng.choice(near[:3]))
        return source.picture[top : top + high, x : x + wide]
    spots = [(int(rng.integers(0, width - wide)), int(rng.integers(height // 5, max(height // 5 + 1, height - high))))
             for _ in range(12)]  # fmt: skip
    patches = [source.picture[y : y + high, x : x + wide] for x, y in spots if y + high <= height]
    return max(patches, key=lambda patch: float(patch.std()))


def _put(canvas: NDArray[np.float32], patch: Picture, place: Box) -> None:
    x0, y0, x1, y1 = place
    mask: NDArray[Any] = np.zeros((y1 - y0, x1 - x0, 1), np.float32)
    mask[1:-1, 1:-1] = 1
    mask = cv2.GaussianBlur(mask, (0, 0), 0.8).reshape(mask.shape)
    region = canvas[y0:y1, x0:x1]
    region += mask * (patch[: y1 - y0, : x1 - x0] - region)


def cover(picture: Picture, box: Box, rng: Generator) -> Picture:
    """Hide a gap without filling it: a sheet, a carton, a hand, or black."""
    x0, y0, x1, y1 = box
    grow_x, grow_y = rng.uniform(0, 0.35) * (x1 - x0), rng.uniform(0, 0.35) * (y1 - y0)
    covered = picture.astype(np.float32)
    rect = ((float((x0 + x1) / 2), float((y0 + y1) / 2)),
            (x1 - x0 + 2 * grow_x, y1 - y0 + 2 * grow_y), float(rng.uniform(-8, 8)))  # fmt: skip
    outline = cv2.boxPoints(rect).astype(np.int32)
    mask = np.zeros(picture.shape[:2], np.uint8)
    how = int(rng.integers(0, 4))
    cv2.fillConvexPoly(mask, outline, 255)
    colour = [(235, 235, 230), (165, 125, 85), (205, 160, 135), (5, 5, 5)][how]
    if how == 2:  # a hand: a palm with fingers
        mask[:] = 0
        middle = (round((x0 + x1) / 2), round((y0 + y1) / 2))
        cv2.ellipse(mask, middle, (round((x1 - x0) * 0.6), round((y1 - y0) * 0.5)), 0, 0, 360, 255, -1)
        for finger in range(4):
            tip = (round(x0 + (x1 - x0) * (finger + 0.5) / 4), round(y0 - 0.25 * (y1 - y0)))
            cv2.line(mask, middle, tip, 255, max(3, round((x1 - x0) / 5)))
    shade = np.linspace(1.0, rng.uniform(0.75, 1.1), picture.shape[1], dtype=np.float32)[None, :, None]
    grain = cv2.GaussianBlur(rng.normal(0, 6, picture.shape[:2]).astype(np.float32), (0, 0), 1.0)[..., None]
    sheet = np.asarray(colour, dtype=np.float32) * shade + grain
    soft = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32)[..., None] / 255
    return (covered + soft * (sheet - covered)).clip(0, 255).astype(np.uint8)


def screen_photo(picture: Picture, rng: Generator, camera: int = 1280) -> NDArray[np.float32]:
    """Photograph a screen that shows the picture: its pixel grid sampled by the camera's, glow, a rim, a reflection.

    The screen's triads are drawn at several camera pixels each and averaged by the sensor, so the beat between the two
    grids is that of a real photo; how strong it is depends on focus and distance, as it does there.
    """
    dots = int(rng.integers(700, 1400))  # the screen's pixels across the picture
    shown = cv2.resize(picture, (dots, round(dots * picture.shape[0] / picture.shape[1])), interpolation=cv2.INTER_AREA)
    oversampled = 3
    grid: NDArray[Any] = np.repeat(np.repeat(shown, oversampled, 0), oversampled, 1).astype(np.float32)
    for channel in range(3):
        stripe = np.full(oversampled, 0.25, np.float32)
        stripe[channel] = 1.0
        grid[:, :, channel] *= np.tile(stripe, shown.shape[1])[None, :]
    grid[oversampled - 1 :: oversampled] *= rng.uniform(0.55, 0.9)
    height, width = grid.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    rim = rng.uniform(-0.06, 0.08)  # below zero the rim is out of the picture
    tall = round(camera * height / width)
    frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (1 - 2 * rim) + rim
    frame = (frame + rng.uniform(-0.015, 0.015, (4, 2))) * [camera, tall]
    matrix = cv2.getPerspectiveTransform(corners, frame.astype(np.float32))
    grid = cv2.GaussianBlur(grid, (0, 0), rng.uniform(0.6, 1.6) * width / camera / 2)
    seen = cv2.warpPerspective(grid, matrix, (camera, tall), flags=cv2.INTER_LINEAR, borderValue=(12, 12, 14))
    lit = seen / max(1.0, float(seen.mean())) * float(picture.mean()) * rng.uniform(0.9, 1.15)
    glow = np.linspace(0, rng.uniform(0, 40), tall, dtype=np.float32)[:, None, None]
    return np.asarray(lit + glow + rng.normal(0, 2, lit.shape), dtype=np.float32)


def encode(picture: NDArray[Any], quality: int = 92) -> bytes:
    """Return the picture as a JPEG file."""
    out = io.BytesIO()
    Image.fromarray(np.asarray(picture).clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _pair(shelf: Shelf, after: bytes, boxes: tuple[Box, ...]) -> Made:
    return encode(shelf.picture), after, boxes


def _labels(file: Path, photo: Photo) -> list[Box]:
    boxes = []
    for line in file.read_text().splitlines():
        _, x, y, w, h = (float(value) for value in line.split())
        corners = ((x - w / 2) * photo.width, (y - h / 2) * photo.height,
                   (x + w / 2) * photo.width, (y + h / 2) * photo.height)  # fmt: skip
        x0, y0, x1, y1 = (round(value) for value in corners)
        boxes.append((max(0, x0), max(0, y0), min(photo.width, x1), min(photo.height, y1)))
    return boxes


def _joined(label: Box, found: tuple[Box, ...]) -> Box:
    """In some families a label covers only the lower half of the place: take the detection of the slot with it."""
    boxes = [label, *(box for box in found if same_slot(box, label))]
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
