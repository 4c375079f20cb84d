"""Table of attempts to fix: one row for each after photo, with the verdict and who gave it."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import StoreOwned
from core.text import Text


class FixAttempt(StoreOwned, Base):
    """An after photo and what became of it; `verdict` is null until model or person has looked.

    `places_done`: the before photos whose places the model saw put right on it.
    """

    __tablename__ = "fix_attempt"
    __table_args__ = (sa.Index("ix_fix_attempt_overlay", "overlay_sha256", postgresql_using="hash"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("task.id"), index=True)
    photo_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("photo.id"), unique=True)
    before_photo_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("photo.id"))
    submitted_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    verdict: Mapped[str | None] = mapped_column(sa.String(16))
    reasons: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]), default=())
    places_done: Mapped[tuple[uuid.UUID, ...]] = mapped_column(Json(tuple[uuid.UUID, ...]), default=())
    why: Mapped[Text | None] = mapped_column(Json(Text))
    score: Mapped[float | None] = mapped_column()
    overlay_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
