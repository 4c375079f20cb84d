"""Is a photo found again after it was saved anew, cropped, scaled, turned or mirrored; and are strangers left alone?

    python -m benchmarks.reuse [--photos 100]

Photos: `../shared/data/shelf_gaps/test`. Found means as the product finds it: a band of a print in common (or one
bit off), 64 bits not too far apart, and the pictures themselves agree. Screens are
simulated (`benchmarks.verify_pairs`).
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator

from benchmarks.verify import upper_bound
from benchmarks.verify_pairs import Picture, encode, retake, screen_photo
from benchmarks.vision import ROOT
from vision.integrity.prints import FAR_DISTANCE, POSITIONS, Position, Print, asked_prints, kept_prints, moved, probes
from vision.integrity.reuse import look_closer
from vision.integrity.screen import SUSPICIOUS, screen_signs
from vision.photo import Photo, open_photo

Change = Callable[[Picture, Generator], bytes]


def crop(picture: Picture, rng: Generator, share: float = 0.9) -> Picture:
    """Cut off a tenth of both sides, somewhere."""
    height, width = picture.shape[:2]
    left, top = (rng.uniform(0, 1 - share, 2) * [width, height]).astype(int)
    return picture[top : top + int(share * height), left : left + int(share * width)]


def _turned(picture: Picture, rng: Generator) -> bytes:
    return encode(moved(picture, POSITIONS[int(rng.integers(1, 8))]), 80)


CHANGES: dict[str, tuple[Change, bool]] = {
    "saved at quality 40": (lambda picture, _: encode(picture, 40), True),
    "half the size": (lambda picture, _: encode(picture[::2, ::2], 80), True),
    "turned or mirrored": (_turned, True),
    "cropped 5 %": (lambda picture, rng: encode(crop(picture, rng, 0.95), 80), True),
    "cropped 10 %": (lambda picture, rng: encode(crop(picture, rng), 80), True),
    "mirrored, cropped 10 %": (lambda picture, rng: encode(crop(picture[:, ::-1], rng), 60), True),
    "another shot of it": (lambda picture, rng: retake(picture, rng), False),
}


def near(mark: dict[Position, Print], kept: tuple[Print, ...]) -> Position | None:
    """Return the position in which the index finds one of the kept prints, None where it does not."""
    found = []
    for stored in kept:
        shared = any(stored.bands[band] in probes(asked.bands[band]) for asked in mark.values() for band in range(4))
        distance, position = min((asked.distance(stored), position) for position, asked in mark.items())
        if shared and distance <= FAR_DISTANCE:
            found.append((distance, position))
    return min(found)[1] if found else None


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100)
    folder = Path(os.environ.get("STOREPATROL_SHARED_DATA", ROOT.parent / "shared" / "data")) / "shelf_gaps" / "test"
    files = sorted((folder / "images").iterdir())[: parser.parse_args().photos]
    photos = [open_photo(file.read_bytes()) for file in files]
    kept = [kept_prints(photo) for photo in photos]
    for name, (change, is_copy) in CHANGES.items():
        _line(name, photos, kept, change, is_copy=is_copy)
    others = [(i, j) for i in range(len(photos)) for j in range(len(photos)) if i != j]
    asked = [asked_prints(photo) for photo in photos]
    hits = sum(near(asked[i], kept[j]) is not None for i, j in others)
    print(f"strangers whose prints are near: {hits} of {len(others)}")
    rng = np.random.default_rng(1)
    real = sum(screen_signs(open_photo(retake(photo.pixels, rng))).suspicion >= SUSPICIOUS for photo in photos)
    shown = sum(
        screen_signs(open_photo(encode(screen_photo(photo.pixels, rng)))).suspicion >= SUSPICIOUS for photo in photos
    )
    print(f"taken for a screen: {shown} of {len(photos)} simulated screens, {real} of {len(photos)} shelves")


def _line(name: str, photos: list[Photo], kept: list[tuple[Print, ...]], change: Change, *, is_copy: bool) -> None:
    rng = np.random.default_rng(0)
    by_print = sure = 0
    for photo, prints in zip(photos, kept, strict=True):
        again = open_photo(change(photo.pixels, rng))
        position = near(asked_prints(again), prints)
        by_print += position is not None
        sure += position is not None and look_closer(photo, again, position).is_copy
    bound = "" if is_copy else f", 95 % upper bound {upper_bound(sure, len(photos)):.1%}"
    print(
        f"{name:<24} print {by_print / len(photos):7.1%}   called a copy {sure / len(photos):7.1%}{bound}", flush=True
    )


if __name__ == "__main__":
    main()
