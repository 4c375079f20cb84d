"""From an exported gap detector to one that can be installed: eight bits where they cost little, honest scores."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from vision.detector import Detector
from vision.metrics import Sample, slot_ap50
from vision.train.calibrate import LEAST, TooLittle, calibrate
from vision.train.evaluate import collect, in_stretches, labelled_photos
from vision.train.quantize import quantize

MOST_LOST = 0.01
"""of slot-AP50 on the validation photos; a detector that loses more keeps its floats."""


def finish(exported: Path, data: Path, stretches: bool) -> list[str]:
    """Quantize `exported` in place and fit its scores, both by the laid-out folder `data`; say what was done.

    `stretches`: the labels of `data` hold one box a stretch, so slots side by side count as one.
    """
    val = list(labelled_photos(data / "val"))
    train = [image for image, _ in labelled_photos(data / "train")]
    told = []
    with TemporaryDirectory() as folder:
        small = Path(folder) / exported.name
        quantize(exported, small, train)
        as_floats, as_bytes = (slot_ap50(_seen(file, val, stretches)) for file in (exported, small))
        kept = as_bytes >= as_floats - MOST_LOST
        told.append(
            f"slot-AP50 on val: float32 {as_floats:.3f}, eight bits {as_bytes:.3f}" + ("" if kept else ": left")
        )
        if kept:
            shutil.copyfile(small, exported)
    try:
        fitted, point = calibrate(exported, _seen(exported, val, stretches))
        told.append(f"calibration {fitted}; working point {point.min_score:.2f}")
    except TooLittle as error:
        told.append(str(error))
    return told


def _seen(file: Path, pairs: list[tuple[Path, Path]], stretches: bool) -> list[Sample]:
    samples = collect(Detector.load(file), pairs)
    return in_stretches(samples, LEAST) if stretches else samples
