"""Measure an exported detector on a labelled YOLO folder, with the run-time code itself (no ultralytics).

python -m vision.train.evaluate model_weights/gap.onnx ../shared/data/shelf_gaps/val [--audited] [--stretches]
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from vision.detector import Detector
from vision.geometry import Box, hull, same_slot, stretches
from vision.metrics import Sample, ap50, ap50_95, interval, iou_half, point_at, slot_ap50, working_point
from vision.photo import open_photo
from vision.render import render_shelf
from vision.train.gallery import draw_worst
from vision.train.labels import Correction, as_stretches, corrected, read_corrections

# Scores of the network itself, before its calibration: the same for every detector that is compared.
LEAST_SCORE = 0.01  # detections below this do not enter average precision
LEAST_IN_STRETCH = 0.1  # nor do those below this, where what stands side by side is joined


def labelled_photos(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield (image, label file) of a YOLO folder with `images/` and `labels/`."""
    for image in sorted((folder / "images").iterdir()):
        yield image, folder / "labels" / f"{image.stem}.txt"


def read_labels(file: Path, width: int, height: int) -> list[Box]:
    """Read a YOLO label file as pixel boxes of a photo of this size; a missing file means no objects."""
    boxes = []
    for line in file.read_text().splitlines() if file.exists() else []:
        x, y, w, h = (float(value) for value in line.split()[1:5])
        left, top, right, bottom = (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height
        boxes.append((round(left), round(top), round(right), round(bottom)))
    return boxes


def collect(
    detector: Detector,
    pairs: list[tuple[Path, Path]],
    side: int | None = None,
    corrections: Mapping[str, list[Correction]] | None = None,
) -> list[Sample]:
    """Run the detector over photos at its lowest score; `corrections` mend the labels."""
    samples = []
    least = told(detector, LEAST_SCORE)
    for image, label in pairs:
        photo = open_photo(image.read_bytes())
        found = detector.detect(photo.pixels, least, side)
        boxes = [tuple(round(float(v) / photo.scale) for v in box) for box in found.boxes]
        labels = read_labels(label, photo.width, photo.height)
        labels = corrected(labels, (corrections or {}).get(image.stem, ()), photo.width, photo.height)
        samples.append(Sample(boxes, found.scores.tolist(), labels))
    return samples


def told(detector: Detector, score: float) -> float:
    """Return what a detector makes of a score of its network."""
    return float(detector.calibration.probability(np.array(score)))


def in_stretches(samples: Iterable[Sample], least: float) -> list[Sample]:
    """Return samples where slots side by side are one: among the labels, and among what scores at least `least`."""
    return [Sample(*joined(sample.found, sample.scores, least), as_stretches(sample.labels)) for sample in samples]


def joined(found: Sequence[Box], scores: Sequence[float], least: float) -> tuple[list[Box], list[float]]:
    """Join detections of at least `least` that stand side by side; the best score of a stretch is its own."""
    told = [index for index, score in enumerate(scores) if score >= least]
    boxes, of = [found[index] for index in told], [scores[index] for index in told]
    groups = sorted(stretches(boxes), key=lambda group: -max(of[index] for index in group))
    return [hull(boxes[i] for i in group) for group in groups], [max(of[i] for i in group) for group in groups]


def collect_rendered(detector: Detector, seeds: range, rows: bool) -> list[Sample]:
    """Run the detector over rendered shelves of three to six rows, one for each seed."""
    samples = []
    for seed in seeds:
        shelf = render_shelf(seed, rows=3 + seed % 4)
        photo = open_photo(shelf.jpeg)
        found = detector.detect(photo.pixels, told(detector, LEAST_SCORE))
        boxes = [tuple(round(float(v) / photo.scale) for v in box) for box in found.boxes]
        samples.append(Sample(boxes, found.scores.tolist(), shelf.row_boxes if rows else shelf.gap_boxes))
    return samples


def report(samples: list[Sample], slots: bool, min_score: float) -> str:
    """Return the figures of a model card, one a line."""
    rule = None if slots else iou_half
    chosen = working_point(samples) if slots else working_point(samples, iou_half)
    given = point_at(samples, min_score) if slots else point_at(samples, min_score, iou_half)
    lines = [f"photos {len(samples)}, labels {sum(len(s.labels) for s in samples)}"]
    if rule is None:
        low, high = interval(samples, same_slot)
        lines.append(f"slot-AP50 {slot_ap50(samples):.3f} (95 % of draws of the photos: {low:.3f} to {high:.3f})")
    lines.append(f"AP50 {ap50(samples):.3f}, AP50-95 {ap50_95(samples):.3f}")
    lines.append(
        f"at the working point {given.min_score:.2f}: precision {given.precision:.3f} recall {given.recall:.3f}"
    )
    lines.append(f"best F1 here at {chosen.min_score:.2f}: precision {chosen.precision:.3f} recall {chosen.recall:.3f}")
    return "\n".join(lines)


def main() -> None:
    """Print the figures of one detector on one folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", help="YOLO folder with images/ and labels/")
    parser.add_argument("--rendered", type=int, nargs=2, metavar=("FROM", "TO"), help="seeds, instead of a folder")
    parser.add_argument("--side", type=int, nargs="*", default=[None])
    parser.add_argument("--audited", action="store_true", help="labels with the corrections beside this module")
    parser.add_argument("--stretches", action="store_true", help="slots side by side count as one gap")
    parser.add_argument("--rows", action="store_true", help="match by IoU alone, as for shelf rows")
    parser.add_argument("--gallery", type=Path, metavar="DIR", help="draw the photos with most mistakes into a folder")
    args = parser.parse_args()
    detector = Detector.load(args.weights)
    if args.rendered:
        print(f"{detector.name} at {detector.side} px on rendered shelves, seeds {args.rendered}")
        print(report(collect_rendered(detector, range(*args.rendered), args.rows), not args.rows, detector.min_score))
        return
    if args.folder is None:
        parser.error("name a folder, or --rendered FROM TO")
    pairs = list(labelled_photos(args.folder))
    corrections = read_corrections() if args.audited else None
    for side in args.side:
        words = [word for word, asked in (("audited", args.audited), ("stretches", args.stretches)) if asked]
        print(f"{detector.name} at {side or detector.side} px on {' '.join([args.folder.name, *words])}")
        samples = collect(detector, pairs, side, corrections)
        if args.stretches:
            samples = in_stretches(samples, told(detector, LEAST_IN_STRETCH))
        print(report(samples, not args.rows, detector.min_score))
        if args.gallery:
            rule = iou_half if args.rows else same_slot
            for file in draw_worst(args.gallery, [image for image, _ in pairs], samples, detector.min_score, rule):
                print(file)


if __name__ == "__main__":
    main()
