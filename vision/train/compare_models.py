"""Two detectors on the same photos: figures, intervals of the difference, and whether the new one may be installed.

The rule: a candidate is installed when, on the frozen test set,

1. its slot-AP50 is at least the current model's,
2. the lower end of the 95 % interval of that difference is not below -0.02,
3. its precision at its working point is at most 0.02 below the current model's.

The interval comes from drawing the photos anew with replacement, the same ones for both. Needs no torch.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from vision.geometry import same_slot
from vision.metrics import Rule, Sample, iou_half, matches

RESAMPLES = 1000
MOST_WORSE = -0.02
MOST_LESS_PRECISE = -0.02


class Figures(msgspec.Struct, frozen=True):
    """What a detector is worth on a test set; precision and recall at the working point it carries."""

    slot_ap50: float
    ap50: float
    precision: float
    recall: float
    min_score: float


class Difference(msgspec.Struct, frozen=True):
    """Candidate less current, and the 95 % interval of it."""

    value: float
    low: float
    high: float


class Comparison(msgspec.Struct, frozen=True):
    """Both models' figures and their differences."""

    photos: int
    labels: int
    current: Figures
    candidate: Figures
    slot_ap50: Difference
    ap50: Difference
    precision: Difference
    recall: Difference


class _Photo(msgspec.Struct, frozen=True, eq=False):
    scores: NDArray[np.float64]
    slot: NDArray[np.bool_]
    box: NDArray[np.bool_]
    labels: int


def compare(
    current: Sequence[Sample],
    candidate: Sequence[Sample],
    min_scores: tuple[float, float],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare two models by what they found on the same photos, in the same order; `min_scores`: working points."""
    if len(current) != len(candidate) or any(a.labels != b.labels for a, b in zip(current, candidate, strict=True)):
        raise ValueError("both models have to be measured on the same photos")
    old, new = _matched(current), _matched(candidate)
    figures = [_figures(photos, least) for photos, least in zip((old, new), min_scores, strict=True)]
    rng = np.random.default_rng(seed)
    moved = []
    for _ in range(resamples):
        drawn = rng.integers(len(old), size=len(old))
        one, two = (_figures([ps[i] for i in drawn], m) for ps, m in zip((old, new), min_scores, strict=True))
        moved.append(
            [two.slot_ap50 - one.slot_ap50, two.ap50 - one.ap50, two.precision - one.precision, two.recall - one.recall]
        )
    low, high = np.percentile(np.array(moved), [2.5, 97.5], axis=0)
    names = ("slot_ap50", "ap50", "precision", "recall")
    differences = {
        name: Difference(
            round(getattr(figures[1], name) - getattr(figures[0], name), 4),
            round(float(low[i]), 4),
            round(float(high[i]), 4),
        )
        for i, name in enumerate(names)
    }
    return Comparison(len(current), sum(len(s.labels) for s in current), figures[0], figures[1], **differences)


def objections(comparison: Comparison) -> list[str]:
    """Return what speaks against installing the candidate; an empty list lets it pass."""
    against = []
    if comparison.slot_ap50.value < 0:
        against.append(f"slot-AP50 falls by {-comparison.slot_ap50.value:.3f}")
    if comparison.slot_ap50.low < MOST_WORSE:
        against.append(
            f"slot-AP50 may fall by as much as {-comparison.slot_ap50.low:.3f} (lower end of the 95 % interval; "
            f"at most {-MOST_WORSE:.2f} is accepted; more test photos make the interval narrower)"
        )
    if comparison.precision.value < MOST_LESS_PRECISE:
        against.append(f"precision at the working point falls by {-comparison.precision.value:.3f}")
    return against


def _matched(samples: Sequence[Sample]) -> list[_Photo]:
    return [
        _Photo(np.array(s.scores, np.float64), _right(s, same_slot), _right(s, iou_half), len(s.labels))
        for s in samples
    ]


def _right(sample: Sample, rule: Rule) -> NDArray[np.bool_]:
    return np.array(matches(sample, rule), dtype=np.bool_)


def _figures(photos: Sequence[_Photo], least: float) -> Figures:
    scores = np.concatenate([photo.scores for photo in photos])
    order = np.argsort(-scores, kind="stable")
    labels = sum(photo.labels for photo in photos)
    slot = np.concatenate([photo.slot for photo in photos])
    told = slot[scores >= least]
    hits = float(told.sum())

    def average(right: NDArray[np.bool_]) -> float:
        if not labels or not right.size:
            return 0.0
        ranked = right[order]
        precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
        best = np.maximum.accumulate(precision[::-1])[::-1]
        return round(float(np.sum(best * ranked) / labels), 4)

    box = np.concatenate([photo.box for photo in photos])
    return Figures(
        average(slot), average(box), round(hits / max(1, len(told)), 4), round(hits / max(1, labels), 4), least
    )
