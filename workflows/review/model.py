"""Tables of review: thresholds by version, questions, and every answer that was ever given."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned, StoreOwned
from vision.geometry import Box
from workflows.review.policy import Mark


class ReviewState(enum.StrEnum):
    """A question waits until somebody answers it; an undone answer makes it wait again."""

    WAITING = "waiting"
    ANSWERED = "answered"


class ReviewPolicy(CompanyOwned, Base):
    """The thresholds of a checkpoint from a time on; a change is a new row, the highest number holds."""

    __tablename__ = "review_policy"
    __table_args__ = (sa.UniqueConstraint("company_id", "checkpoint", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    checkpoint: Mapped[str] = mapped_column(sa.String(64))
    number: Mapped[int] = mapped_column()
    ask_from: Mapped[float] = mapped_column()
    open_from: Mapped[float] = mapped_column()
    sample: Mapped[float] = mapped_column()
    set_by: Mapped[str] = mapped_column(sa.String(120))
    set_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class ReviewItem(StoreOwned, Base):
    """One question about one photo: are these gaps? `marks` are the model's, as they were when it was asked.

    `rank` puts what decides about an issue before what was only drawn as a sample. `answer_id` is the answer that
    holds; `settled_at` tells since when it has had its effect.
    """

    __tablename__ = "review_item"
    __table_args__ = (
        sa.UniqueConstraint("photo_id", "checkpoint"),
        sa.Index("ix_review_item_queue", "company_id", "state", "rank", "asked_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    photo_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("photo.id"))
    checkpoint: Mapped[str] = mapped_column(sa.String(64))
    dimension: Mapped[str] = mapped_column(sa.String(24))
    severity: Mapped[str] = mapped_column(sa.String(16))
    reason: Mapped[str] = mapped_column(sa.String(16))
    rank: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(sa.String(16), default=ReviewState.WAITING)
    model: Mapped[str] = mapped_column(sa.String(80))
    marks: Mapped[tuple[Mark, ...]] = mapped_column(Json(tuple[Mark, ...]))
    limit_rate: Mapped[float] = mapped_column()
    open_from: Mapped[float] = mapped_column()
    policy_number: Mapped[int] = mapped_column()
    asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    answer_id: Mapped[uuid.UUID | None] = mapped_column()
    answered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    trace_id: Mapped[str | None] = mapped_column(sa.String(64))


class ReviewAnswer(StoreOwned, Base):
    """What one person said, once; nothing here is changed or deleted. `undoes` names an answer that was taken back."""

    __tablename__ = "review_answer"
    __table_args__ = (sa.UniqueConstraint("item_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("review_item.id"))
    number: Mapped[int] = mapped_column()
    undoes: Mapped[uuid.UUID | None] = mapped_column()
    by_id: Mapped[uuid.UUID | None] = mapped_column()
    by_name: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    no_shelf: Mapped[bool] = mapped_column(default=False)
    complete: Mapped[bool] = mapped_column(default=False)
    rate: Mapped[float | None] = mapped_column()
    content_hash: Mapped[str] = mapped_column(sa.String(64))


class ReviewBox(StoreOwned, Base):
    """One box of an answer. `position` is the mark's number, None for a gap that the model had missed.

    `agrees`: the person found the model right; None where the model had said nothing. Kept for the marks that were
    asked, so that counting it measures the model and not the reviewer's attention.
    """

    __tablename__ = "review_box"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    answer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("review_answer.id"), index=True)
    position: Mapped[int | None] = mapped_column()
    verdict: Mapped[str] = mapped_column(sa.String(16))
    box: Mapped[Box] = mapped_column(Json(Box))
    model: Mapped[str] = mapped_column(sa.String(80))
    score: Mapped[float | None] = mapped_column()
    band: Mapped[int | None] = mapped_column()
    agrees: Mapped[bool | None] = mapped_column()


class ShadowLook(StoreOwned, Base):
    """What a candidate saw otherwise than the current model on one live photo; nobody's findings depend on it."""

    __tablename__ = "shadow_look"
    __table_args__ = (
        sa.UniqueConstraint("photo_id", "candidate"),
        sa.Index("ix_shadow_look_list", "company_id", "candidate", "differs", "looked_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    photo_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("photo.id"))
    current: Mapped[str] = mapped_column(sa.String(80))
    candidate: Mapped[str] = mapped_column(sa.String(80))
    looked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    differs: Mapped[bool] = mapped_column()
    both: Mapped[int] = mapped_column()
    current_count: Mapped[int] = mapped_column()
    candidate_count: Mapped[int] = mapped_column()
    only_current: Mapped[tuple[Box, ...]] = mapped_column(Json(tuple[Box, ...]))
    only_candidate: Mapped[tuple[Box, ...]] = mapped_column(Json(tuple[Box, ...]))
    current_rate: Mapped[float | None] = mapped_column()
    candidate_rate: Mapped[float | None] = mapped_column()
    ms: Mapped[float] = mapped_column()
