"""How sure a share of empty shelf is: the spread that doubtful gaps and inexact ends leave."""

from collections.abc import Sequence

import numpy as np

from vision.geometry import Span

DRAWS = 400
SEED = 20261122  # the same reading has the same interval every time
LEVEL = 0.9
CELLS = 512  # a row is cut into, to see what gaps that overlap cover together
COMMON = 0.7  # spread of the log odds that all gaps of one photo share: a photo is hard as a whole
LENGTH = 0.15  # relative spread of a gap's length against the labelled one


def rate_interval(rows: Sequence[Sequence[tuple[Span, float]]], lengths: Sequence[float]) -> tuple[float, float]:
    """Return between which shares of the rows' length `LEVEL` of the possible truths lie.

    `rows` holds for each row its detections: the span as shares of the row's length, and the probability that it is a
    gap; `lengths` holds the rows' lengths in one unit.
    """
    total = sum(lengths)
    rng = np.random.default_rng(SEED)
    common = rng.normal(0, COMMON, DRAWS)
    empty, cells = np.zeros(DRAWS), (np.arange(CELLS) + 0.5) / CELLS
    for detections, length in zip(rows, lengths, strict=True):
        if not detections:
            continue
        odds = np.array([_log_odds(probability) for _, probability in detections])
        there = rng.random((DRAWS, len(detections))) < 1 / (1 + np.exp(-(odds[None] + common[:, None])))
        stretch = np.exp(rng.normal(0, LENGTH, (DRAWS, len(detections))))
        covered = np.zeros((DRAWS, CELLS), dtype=bool)
        for index, (span, _) in enumerate(detections):
            middle, half = (span[0] + span[1]) / 2, (span[1] - span[0]) / 2 * stretch[:, index]
            covered |= there[:, index, None] & (np.abs(cells - middle) < half[:, None])
        empty += length * covered.mean(axis=1)
    low, high = np.quantile(empty / total, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return round(float(low), 4), round(float(high), 4)


def _log_odds(probability: float) -> float:
    inside = min(max(probability, 1e-4), 1 - 1e-4)
    return float(np.log(inside / (1 - inside)))
