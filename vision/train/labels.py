"""Labels as they should be: what a look at the photos added to or took from them, and one convention for long gaps.

The labels of `shelf_gaps` leave gaps out and mark a long gap now as one box and now slot by slot. The corrections
lie beside this module as a table of their own; the data stay as they came.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from vision.geometry import Box, hull, overlap, stretches

CORRECTIONS = Path(__file__).parent / "corrections" / "shelf_gaps.csv"


class Correction(msgspec.Struct, frozen=True):
    """One box that a look at the photo added to its labels or took from them; `box` in shares of width and height."""

    photo: str
    verdict: Literal["add", "drop"]
    box: tuple[float, float, float, float]
    score: float
    decided_by: str


def read_corrections(file: Path = CORRECTIONS) -> dict[str, list[Correction]]:
    """Return the corrections by photo (the stem of its file); raises ValueError on an unknown verdict."""
    found: dict[str, list[Correction]] = defaultdict(list)
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["verdict"] not in ("add", "drop"):
                raise ValueError(f"{file.name}: unknown verdict {row['verdict']!r}")
            box = (float(row["x0"]), float(row["y0"]), float(row["x1"]), float(row["y1"]))
            verdict: Literal["add", "drop"] = "add" if row["verdict"] == "add" else "drop"
            found[row["photo"]].append(Correction(row["photo"], verdict, box, float(row["score"]), row["decided_by"]))
    return dict(found)


def corrected(labels: Sequence[Box], corrections: Iterable[Correction], width: int, height: int) -> list[Box]:
    """Return the labels of a photo of this size with its corrections applied."""
    kept = list(labels)
    for correction in corrections:
        x0, y0, x1, y1 = correction.box
        box = (round(x0 * width), round(y0 * height), round(x1 * width), round(y1 * height))
        if correction.verdict == "add":
            kept.append(box)
        elif kept:
            nearest = max(kept, key=lambda label: overlap(label, box))
            if overlap(nearest, box) > 0:
                kept.remove(nearest)
    return kept


def as_stretches(labels: Sequence[Box]) -> list[Box]:
    """Return one box a stretch: slots side by side become the long gap they are."""
    return [hull(labels[index] for index in group) for group in stretches(labels)]
