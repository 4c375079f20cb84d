"""From a network's score to a probability: of detections at 0.8, 8 in 10 are right.

Platt's scaling: the log odds of the score, stretched and shifted by two numbers that were fitted on validation photos
(J. Platt, Probabilistic Outputs for Support Vector Machines, 1999). It keeps the order of detections.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
_EDGE = 1e-6


class Calibration(msgspec.Struct, frozen=True):
    """log odds of the probability = `slope` × log odds of the score + `shift`; slope above 0."""

    slope: float = 1.0
    shift: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Calibration":
        """Read "slope shift", as a model file carries it; raises ValueError on anything else."""
        slope, shift = (float(number) for number in text.split())
        if not (np.isfinite([slope, shift]).all() and slope > 0):
            raise ValueError(f"no calibration: {text!r}")
        return cls(slope, shift)

    def __str__(self) -> str:
        """Return what `parse` reads."""
        return f"{self.slope:.4f} {self.shift:.4f}"

    def probability(self, scores: Numbers) -> Numbers:
        """Return the probabilities (n,) of scores (n,)."""
        return expit(self.slope * logit(scores) + self.shift)

    def score(self, probability: float) -> float:
        """Return the score that has this probability."""
        return float(expit((logit(np.array(probability)) - self.shift) / self.slope))


class Band(msgspec.Struct, frozen=True):
    """Detections of like probability: what they claim on average, and how many of them were right."""

    claimed: float
    right: float
    count: int


def fit(scores: Numbers, right: NDArray[np.bool_]) -> Calibration:
    """Return the calibration under which these detections, `right` or not, are likeliest (Newton's method).

    Platt's soft targets keep the slope finite where the two kinds do not overlap.
    """
    x = np.stack([logit(scores), np.ones(len(scores))], axis=1)
    hits, misses = int(right.sum()), int((~right).sum())
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (misses + 2))
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        told = expit(x @ weights)
        curve = (x * (told * (1 - told))[:, None]).T @ x + 1e-6 * np.eye(2)
        step = np.linalg.solve(curve, x.T @ (told - target))
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    return Calibration(float(weights[0]), float(weights[1]))


def reliability(probabilities: Numbers, right: NDArray[np.bool_], bands: int = 10) -> tuple[Band, ...]:
    """Return the reliability curve: bands of equal width that hold anything, lowest first."""
    band = np.minimum((probabilities * bands).astype(int), bands - 1)
    return tuple(
        Band(float(probabilities[band == b].mean()), float(right[band == b].mean()), int((band == b).sum()))
        for b in np.unique(band)
    )


def calibration_error(curve: tuple[Band, ...]) -> float:
    """Return the mean distance between what bands claim and what was right, weighted by their sizes."""
    return sum(abs(band.claimed - band.right) * band.count for band in curve) / max(1, sum(b.count for b in curve))


def logit(probabilities: Numbers) -> Numbers:
    """Return the log odds, finite at 0 and 1."""
    inside = np.clip(probabilities, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))


def expit(log_odds: Numbers) -> Numbers:
    """Return the probabilities of log odds."""
    return np.asarray(1 / (1 + np.exp(-log_odds)))
