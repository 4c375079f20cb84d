"""Fit a detector's calibration on validation photos and write it, with the working point, into the file.

    python -m vision.train.calibrate gap.onnx ../shared/data/shelf_gaps/val [--write] [--audited]

Without `--write` it only prints the reliability curve of the file as it is. Rewriting needs the `train` extra (onnx).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.calibration import Band, Calibration, calibration_error, fit, reliability
from vision.detector import Detector
from vision.geometry import same_slot
from vision.metrics import Point, Sample, matches, working_point
from vision.train.evaluate import collect, in_stretches, labelled_photos
from vision.train.labels import read_corrections

LEAST_DETECTIONS = 100
LEAST = 0.03  # probability below which detections are not looked at: there are very many, and nothing asks for them


class TooLittle(ValueError):
    """There are too few detections to fit a calibration to."""


def pooled(samples: Sequence[Sample]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the scores of all detections, and whether each is right."""
    scores = np.array([score for sample in samples for score in sample.scores], dtype=np.float64)
    right = np.array([hit for sample in samples for hit in matches(sample, same_slot)], dtype=np.bool_)
    return scores, right


def table(curve: tuple[Band, ...]) -> str:
    """Return a reliability curve as lines of a model card."""
    lines = [f"{band.claimed:.2f} claimed, {band.right:.2f} right, {band.count} detections" for band in curve]
    return "\n".join([*lines, f"mean distance {calibration_error(curve):.3f}"])


def main() -> None:
    """Print the curve; with `--write` fit, write, and print the curve that comes of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path, help="YOLO folder with images/ and labels/")
    parser.add_argument("--audited", action="store_true", help="labels of gaps mended, one box a stretch")
    parser.add_argument("--write", action="store_true", help="fit, and write calibration and working point")
    args = parser.parse_args()
    samples = looked_at(args.weights, args.folder, args.audited)
    scores, right = pooled(samples)
    if args.write:
        fitted, point = calibrate(args.weights, samples)
        print(f"calibration {fitted}, working point {point.min_score:.2f}: precision {point.precision:.3f} "
              f"recall {point.recall:.3f}")  # fmt: skip
        scores, right = pooled(looked_at(args.weights, args.folder, args.audited))
    print(table(reliability(scores, right)))


def calibrate(weights: Path, samples: Sequence[Sample]) -> tuple[Calibration, Point]:
    """Fit a calibration to what the file found, and write it and the point of the best F1 into the file.

    Raises:
        TooLittle: so few detections tell nothing; the file is left as it is.

    """
    scores, right = pooled(samples)
    if len(scores) < LEAST_DETECTIONS or right.all() or not right.any():
        raise TooLittle(f"{len(scores)} detections, {int(right.sum())} right: too little to fit a calibration to")
    detector = Detector.load(weights)
    fitted = fit(np.array([detector.calibration.score(score) for score in scores]), right)
    rescored = [Sample(s.found, [rescore(detector, fitted, x) for x in s.scores], s.labels) for s in samples]
    point = working_point(rescored)
    _write(weights, fitted, point.min_score)
    return fitted, point


def rescore(detector: Detector, fitted: Calibration, score: float) -> float:
    """Return what a score of the file as it was is under a new calibration."""
    return float(fitted.probability(np.array(detector.calibration.score(score))))


def looked_at(weights: Path, folder: Path, audited: bool) -> list[Sample]:
    """Run a detector over a folder, slots side by side joined if its labels are."""
    pairs = list(labelled_photos(folder))
    samples = collect(Detector.load(weights), pairs, corrections=read_corrections() if audited else None)
    return in_stretches(samples, LEAST) if audited else samples


def _write(weights: Path, fitted: Calibration, min_score: float) -> None:
    import onnx

    model = onnx.load(weights)
    facts = {entry.key: entry.value for entry in model.metadata_props}
    facts |= {"calibration": str(fitted), "min_score": f"{min_score:.2f}"}
    del model.metadata_props[:]
    for key, value in facts.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, weights)


if __name__ == "__main__":
    main()
