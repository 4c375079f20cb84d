"""Lay out a training folder for ultralytics: real photos by link, rendered shelves beside them, one data.yaml."""

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from vision.geometry import Box
from vision.render import RenderedShelf, photograph
from vision.render.camera import random_view
from vision.render.plan import make_plan
from vision.train.evaluate import labelled_photos, read_labels
from vision.train.labels import Correction, as_stretches, corrected, read_corrections

Task = Literal["gap", "row"]
CLASS_NAMES: dict[Task, str] = {"gap": "gap", "row": "shelf_row"}
SIZES = ((800, 600), (600, 800), (720, 720), (960, 640))
TRAINING_SEEDS = 1_000_000  # rendered shelves for training start here; tests and the demo stay far below


def prepare(task: Task, source: Path, target: Path, rendered: int, audited: bool = False) -> Path:
    """Make `target` from a YOLO folder and `rendered` shelves; returns the data.yaml.

    `audited` mends the labels of gaps and brings them to one box a stretch (`vision.train.labels`).

    A folder with `train/`, `val/`, `test/` keeps its splits. One with `images/` alone is cut in file order
    into 156 : 25 : 25 parts: neighbours in such a list are often photos of one place, so a shuffle would leak.
    """
    corrections = read_corrections() if audited else None
    for split, pairs in _splits(source).items():
        for image, label in pairs:
            _link(image, target / split / "images" / image.name)
            mended = target / split / "labels" / f"{image.stem}.txt"
            if corrections is None:
                _link(label, mended)
            else:
                _mend(image, label, corrections.get(image.stem, []), mended)
    for number in range(rendered):
        _write_rendered(task, target / "train", number)
    yaml = target / "data.yaml"
    yaml.write_text(
        f"path: {target.resolve()}\ntrain: train/images\nval: val/images\ntest: test/images\n"
        f"names: [{CLASS_NAMES[task]}]\n"
    )
    return yaml


def _splits(source: Path) -> dict[str, list[tuple[Path, Path]]]:
    if (source / "train").is_dir():
        return {split: list(labelled_photos(source / split)) for split in ("train", "val", "test")}
    pairs = list(labelled_photos(source))
    first, second = len(pairs) * 156 // 206, len(pairs) * 181 // 206
    return {"train": pairs[:first], "val": pairs[first:second], "test": pairs[second:]}


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(source.resolve())


def _mend(image: Path, label: Path, corrections: list[Correction], target: Path) -> None:
    with Image.open(image) as picture:
        width, height = picture.size
    boxes = as_stretches(corrected(read_labels(label, width, height), corrections, width, height))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(yolo_line(box, width, height) for box in boxes))


def _write_rendered(task: Task, folder: Path, number: int) -> None:
    shelf = _rendered(TRAINING_SEEDS + number)
    boxes = as_stretches(shelf.gap_boxes) if task == "gap" else shelf.row_boxes
    (folder / "images" / f"rendered_{number:05d}.jpg").write_bytes(shelf.jpeg)
    lines = [yolo_line(box, shelf.width, shelf.height) for box in boxes]
    (folder / "labels" / f"rendered_{number:05d}.txt").write_text("\n".join(lines))


def _rendered(seed: int) -> RenderedShelf:
    rng = np.random.default_rng(seed)
    plan = make_plan(seed, rows=int(rng.integers(3, 8)), gaps=int(rng.integers(0, 6)))
    size = SIZES[int(rng.integers(len(SIZES)))]
    return photograph(plan, random_view(rng, boldness=1.4), size=size, quality=int(rng.integers(60, 95)))


def yolo_line(box: Box, width: int, height: int) -> str:
    """Write a pixel box as a line of a YOLO label file, class 0."""
    x0, y0, x1, y1 = box
    x, y, w, h = (x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height
    return f"0 {x:.6f} {y:.6f} {w:.6f} {h:.6f}"
