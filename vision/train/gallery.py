"""Where a detector fails, to be looked at: the photos with most mistakes, drawn. Others' photos: keep them here."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import msgspec
import numpy as np

from vision.geometry import Box
from vision.metrics import Rule, Sample, matches
from vision.photo import open_photo

WORST = 24
RIGHT, FALSE, MISSED = (40, 160, 60), (230, 140, 20), (200, 30, 30)


class Mistakes(msgspec.Struct, frozen=True):
    """What a detector made of one photo: boxes that are right, false, and labels it missed."""

    right: list[Box]
    false: list[Box]
    missed: list[Box]


def mistakes(sample: Sample, min_score: float, rule: Rule) -> Mistakes:
    """Sort what scored at least `min_score`, and name the labels it left."""
    kept = [i for i, score in enumerate(sample.scores) if score >= min_score]
    seen = Sample([sample.found[i] for i in kept], [sample.scores[i] for i in kept], sample.labels)
    hit = matches(seen, rule)
    right = [box for box, is_right in zip(seen.found, hit, strict=True) if is_right]
    false = [box for box, is_right in zip(seen.found, hit, strict=True) if not is_right]
    missed = [label for label in sample.labels if not any(rule(box, label) for box in right)]
    return Mistakes(right, false, missed)


def draw_worst(
    folder: Path, images: Sequence[Path], samples: Sequence[Sample], min_score: float, rule: Rule
) -> Iterator[Path]:
    """Write the worst photos as JPEGs into `folder`: right green, false orange, missed red; yield the files."""
    folder.mkdir(parents=True, exist_ok=True)
    told = [(mistakes(sample, min_score, rule), image) for sample, image in zip(samples, images, strict=True)]
    told.sort(key=lambda one: (-len(one[0].false) - len(one[0].missed), one[1].name))
    for number, (found, image) in enumerate(told[:WORST]):
        photo = open_photo(image.read_bytes())
        picture = np.ascontiguousarray(photo.pixels[:, :, ::-1])
        for boxes, colour in ((found.right, RIGHT), (found.false, FALSE), (found.missed, MISSED)):
            for box in boxes:
                x0, y0, x1, y1 = (round(value * photo.scale) for value in box)
                cv2.rectangle(picture, (x0, y0), (x1, y1), colour[::-1], 2)
        file = folder / f"{number:02}-{len(found.false)}-false-{len(found.missed)}-missed-{image.stem}.jpg"
        cv2.imwrite(str(file), picture)
        yield file
