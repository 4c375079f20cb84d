"""Lays out what is trained on: photos of every source, none of which is like one of the frozen test set."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from core.text import counted
from storepatrol.training.trainer import TrainingError
from vision.errors import PhotoError
from vision.photo import open_photo
from vision.train.evaluate import labelled_photos
from vision.train.frozen import Excluded, FrozenSet, Pair, exclude

VAL_SHARE = 0.1
FEWEST = 4
"""Photos below which there is nothing to learn from and to choose on."""


class Laid(msgspec.Struct, frozen=True):
    """What was laid out, and what was left out of it."""

    folder: Path
    train: int
    val: int
    excluded: tuple[Excluded, ...]


def photos_of(folder: Path) -> list[Pair]:
    """Return the labelled photos of a YOLO folder: images/ and labels/, in it or in train/ and val/ below it.

    A test/ below it is left alone: whoever cut the data kept it apart for a reason.

    Raises:
        TrainingError: there is no images/ where it should be, or a photo cannot be read, or a label is none.

    """
    parts = [part for part in (folder, folder / "train", folder / "val") if (part / "images").is_dir()]
    if not parts:
        raise TrainingError(f"{folder} is no YOLO folder: it has neither images/ nor train/images/")
    found = [pair for part in parts for pair in labelled_photos(part)]
    for pair in found:
        _check(pair)
    return found


def _check(pair: Pair) -> None:
    image, label = pair
    try:
        open_photo(image.read_bytes())
    except PhotoError as error:
        raise TrainingError(f"{image}: {error.detail.en}") from error
    for number, line in enumerate(label.read_text().splitlines() if label.exists() else (), 1):
        try:
            values = [float(value) for value in line.split()]
        except ValueError:
            values = []
        if line.strip() and not (len(values) == 5 and values[0] == 0 and all(0 <= value <= 1 for value in values[1:])):
            raise TrainingError(
                f"{label}:{number}: a label is `0 x y width height` in shares of the photo, not {line!r}"
            )


def lay_out(pairs: Sequence[Pair], frozen: FrozenSet, folder: Path) -> Laid:
    """Make the training folder: train/ and val/ by link, and an empty test/.

    Raises:
        TrainingError: too few photos are left.

    """
    kept, excluded = exclude(frozen, pairs)
    once = {hashlib.sha256(image.read_bytes()).hexdigest(): (image, label) for image, label in kept}
    ordered = [once[digest] for digest in sorted(once)]  # by their bytes: as good as shuffled, and the same next time
    if len(ordered) < FEWEST:
        left = counted(len(ordered), "photo", ("is", "are"))
        like = counted(len(excluded), "photo")
        raise TrainingError(f"only {left} left to train on, after {like} like those of the test set")
    val = max(1, round(VAL_SHARE * len(ordered)))
    for split, part in (("val", ordered[:val]), ("train", ordered[val:]), ("test", [])):
        for name in ("images", "labels"):
            (folder / split / name).mkdir(parents=True)
        for number, (image, label) in enumerate(part):
            (folder / split / "images" / f"{number:06d}{image.suffix.lower()}").symlink_to(image.resolve())
            target = folder / split / "labels" / f"{number:06d}.txt"
            target.write_bytes(label.read_bytes() if label.exists() else b"")
    return Laid(folder, len(ordered) - val, val, tuple(excluded))
