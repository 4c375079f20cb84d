"""How often reviewers agree with the model: the measured side of a calibrated score."""

import math
from typing import Any

import msgspec
import sqlalchemy as sa

from core.scope import ScopedSession
from workflows.review.model import ReviewBox, ReviewItem
from workflows.review.policy import BANDS

Z = 1.96  # of the 95 % interval


class Band(msgspec.Struct, frozen=True):
    """Answers on boxes that score from `low` to `high`: `right` of `asked`, their share, and its 95 % interval."""

    low: float
    high: float
    asked: int
    right: int
    mean_score: float
    share: float
    share_low: float
    share_high: float


class ModelAgreement(msgspec.Struct, frozen=True):
    """One model version. `error` is the mean distance between score and share, weighted by answers.

    `missed` counts gaps that reviewers added to photos which they said to be complete.
    """

    model: str
    asked: int
    right: int
    missed: int
    error: float
    bands: tuple[Band, ...]


class Agreement(msgspec.Struct, frozen=True):
    """Every model version that has answers, the one with the latest answer first."""

    models: tuple[ModelAgreement, ...]


def agreement(session: ScopedSession, reason: str | None = None) -> Agreement:
    """Return the agreement on all boxes that were asked, by the answers that hold; or on those asked for one reason."""
    holds = ReviewItem.answer_id == ReviewBox.answer_id
    if reason is not None:
        holds = sa.and_(holds, ReviewItem.reason == reason)
    found = session.execute(
        sa.select(
            ReviewBox.model,
            ReviewBox.band,
            sa.func.count(ReviewBox.agrees),
            sa.func.sum(sa.case((ReviewBox.agrees.is_(True), 1), else_=0)),
            sa.func.sum(sa.case((ReviewBox.agrees.is_not(None), ReviewBox.score), else_=0.0)),
            sa.func.sum(sa.case((ReviewBox.verdict == "missed", 1), else_=0)),
            sa.func.max(ReviewItem.answered_at),
        )
        .join(ReviewItem, holds)
        .group_by(ReviewBox.model, ReviewBox.band)
    )
    by_model: dict[str, list[Any]] = {}
    for line in found:
        by_model.setdefault(line[0], []).append(line)
    latest_first = sorted(by_model, key=lambda model: max(line[6] for line in by_model[model]), reverse=True)
    return Agreement(tuple(_of_model(model, by_model[model]) for model in latest_first))


def _of_model(model: str, lines: list[Any]) -> ModelAgreement:
    bands = tuple(
        _band(int(band), int(asked), int(right or 0), float(scores or 0))
        for _, band, asked, right, scores, _, _ in sorted(lines, key=lambda line: -1 if line[1] is None else line[1])
        if band is not None and asked
    )
    asked = sum(band.asked for band in bands)
    error = sum(band.asked * abs(band.share - band.mean_score) for band in bands) / asked if asked else 0.0
    missed = sum(int(line[5] or 0) for line in lines)
    return ModelAgreement(model, asked, sum(band.right for band in bands), missed, round(error, 4), bands)


def _band(number: int, asked: int, right: int, scores: float) -> Band:
    low, high = wilson(right, asked)
    return Band(
        number / BANDS, (number + 1) / BANDS, asked, right, round(scores / asked, 4), round(right / asked, 4), low, high
    )


def wilson(right: int, asked: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    share, square = right / asked, Z * Z
    middle = (share + square / (2 * asked)) / (1 + square / asked)
    half = Z * math.sqrt(share * (1 - share) / asked + square / (4 * asked * asked)) / (1 + square / asked)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)
