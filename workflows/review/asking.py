"""Puts a question into the queue when a photo was read."""

import datetime as dt

from checklists.checkpoint import Checkpoint
from core.ids import derived_id
from core.scope import ScopedSession
from vision.shelf import ShelfReading
from workflows import events as e
from workflows.pipeline import emit
from workflows.review import thresholds
from workflows.review.model import ReviewItem
from workflows.review.policy import Mark, Ruling, rule, sampled
from workflows.visits.model import Photo

DOUBTFUL, SAMPLE = "doubtful", "sample"
RANKS = {DOUBTFUL: 0, SAMPLE: 1}


def judge_reading(
    session: ScopedSession, now: dt.datetime, photo: Photo, reading: ShelfReading, checkpoint: Checkpoint, limit: float
) -> Ruling:
    """Rule on a photo's gaps by the company's thresholds, and ask a person where it needs one."""
    policy = thresholds.current(session, checkpoint.code)
    ruling = rule(reading, limit, policy.thresholds)
    if ruling.outcome == "ask":
        asked, reason = ruling.doubtful, DOUBTFUL
    elif ruling.confident and sampled(photo.id, policy.thresholds.sample):
        asked, reason = (*ruling.confident, *ruling.doubtful), SAMPLE
    else:
        return ruling
    marks = tuple(Mark(gap.box, gap.score, gap.row, index in asked, gap.span) for index, gap in enumerate(reading.gaps))
    item = ReviewItem(
        id=derived_id("review_item", photo.id, checkpoint.code), company_id=photo.company_id, store_id=photo.store_id,
        visit_id=photo.visit_id, photo_id=photo.id, checkpoint=checkpoint.code, dimension=checkpoint.dimension,
        severity=checkpoint.severity, reason=reason, rank=RANKS[reason], model=reading.model, marks=marks,
        limit_rate=limit, open_from=policy.thresholds.open_from, policy_number=policy.number, asked_at=now,
        trace_id=photo.trace_id,
    )  # fmt: skip
    session.add(item)
    told = {"item_id": str(item.id), "checkpoint": checkpoint.code, "reason": reason, "boxes": len(asked)}
    emit(session, now, e.ReviewAsked(subject_id=photo.id, data=told, trace_id=photo.trace_id))
    return ruling
