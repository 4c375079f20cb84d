"""Average precision of detections against labels, under a matching rule that is an argument."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box, area, overlap, same_slot

Rule = Callable[[Box, Box], bool]  # (found, label) -> is it the same thing


class Sample(msgspec.Struct, frozen=True):
    """One photo: what was found, best score first, and what is labelled."""

    found: Sequence[Box]
    scores: Sequence[float]
    labels: Sequence[Box]


class Point(msgspec.Struct, frozen=True):
    """Precision and recall when only detections of at least `min_score` count."""

    min_score: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def iou_of(least: float) -> Rule:
    """Return the rule that matches boxes whose intersection over union is at least `least`."""

    def matching(found: Box, label: Box) -> bool:
        shared = overlap(found, label)
        return shared > 0 and shared / (area(found) + area(label) - shared) >= least

    return matching


iou_half = iou_of(0.5)


def matches(sample: Sample, rule: Rule) -> list[bool]:
    """For each detection, best score first, tell whether it takes a label that none before it took."""
    free = list(sample.labels)
    right = []
    for box in sample.found:
        fitting = [label for label in free if rule(box, label)]
        if fitting:
            free.remove(max(fitting, key=lambda label: overlap(box, label)))
        right.append(bool(fitting))
    return right


def average_precision(samples: Sequence[Sample], rule: Rule) -> float:
    """Area under the precision-recall curve (precision made monotone), all photos together."""
    return _area(*_pooled(samples, rule))


def interval(samples: Sequence[Sample], rule: Rule, draws: int = 1000, seed: int = 0) -> tuple[float, float]:
    """Return between which average precisions 95 of 100 draws of as many photos lie (percentile bootstrap)."""
    photos = [(np.asarray(s.scores), np.array(matches(s, rule), dtype=bool), len(s.labels)) for s in samples]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws if photos else 0):
        drawn = [photos[i] for i in rng.integers(0, len(photos), len(photos))]
        scores, right = (np.concatenate([photo[part] for photo in drawn]) for part in (0, 1))
        found.append(_area(scores, right, sum(photo[2] for photo in drawn)))
    low, high = np.percentile(found, [2.5, 97.5]) if found else (0.0, 0.0)
    return float(low), float(high)


def ap50_95(samples: Sequence[Sample]) -> float:
    """Mean of the average precisions at IoU 0.5, 0.55 … 0.95, as COCO's."""
    return float(np.mean([average_precision(samples, iou_of(least)) for least in np.arange(0.5, 1.0, 0.05)]))


def slot_ap50(samples: Sequence[Sample]) -> float:
    """Average precision where a match is the same slot of the shelf, whatever the label's height."""
    return average_precision(samples, same_slot)


def ap50(samples: Sequence[Sample]) -> float:
    """Average precision at IoU 0.5."""
    return average_precision(samples, iou_half)


def working_point(samples: Sequence[Sample], rule: Rule = same_slot) -> Point:
    """Return the score with the best F1."""
    return max(
        (point_at(samples, float(least), rule) for least in np.arange(0.05, 0.95, 0.01)), key=lambda point: point.f1
    )


def point_at(samples: Sequence[Sample], min_score: float, rule: Rule = same_slot) -> Point:
    """Return precision and recall at one score."""
    scores, right, labels = _pooled(samples, rule)
    told = right[scores >= min_score]
    hits = float(told.sum())
    return Point(round(min_score, 2), hits / max(1, len(told)), hits / max(1, labels))


def _area(scores: NDArray[np.float64], right: NDArray[np.bool_], labels: int) -> float:
    if not labels:
        return 0.0
    right = right[np.argsort(-scores, kind="stable")]
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(best_from_here * right) / labels)


def _pooled(samples: Sequence[Sample], rule: Rule) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    scores = np.array([score for sample in samples for score in sample.scores], dtype=np.float64)
    right = np.array([hit for sample in samples for hit in matches(sample, rule)], dtype=np.bool_)
    return scores, right, sum(len(sample.labels) for sample in samples)
