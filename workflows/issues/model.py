"""Tables of findings and issues."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import StoreOwned
from core.text import Text


class IssueState(enum.StrEnum):
    """An issue is open until a fix of it is verified."""

    OPEN = "open"
    CLOSED = "closed"


class Issue(StoreOwned, Base):
    """A problem at one store and checkpoint, as one visit found it; `withdrawn_at`: it was none after all."""

    __tablename__ = "issue"
    __table_args__ = (
        sa.UniqueConstraint("visit_id", "checkpoint"),
        sa.Index("ix_issue_list", "company_id", "state", "dimension", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    checkpoint: Mapped[str] = mapped_column(sa.String(64))
    dimension: Mapped[str] = mapped_column(sa.String(24))
    title: Mapped[Text] = mapped_column(Json(Text))
    severity: Mapped[str] = mapped_column(sa.String(16))
    state: Mapped[str] = mapped_column(sa.String(16), default=IssueState.OPEN)
    opened_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    trace_id: Mapped[str | None] = mapped_column(sa.String(64))


class Finding(StoreOwned, Base):
    """One observation; `raises`: it opens an issue by itself; `place`: where in the photo, the note or the form.

    `withdrawn_at`: since then it no longer holds, because a person put right what it was made of.
    """

    __tablename__ = "finding"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    photo_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("photo.id"), index=True)
    note_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("voice_note.id"), index=True)
    answer_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("answer.id"))
    issue_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("issue.id"), index=True)
    source: Mapped[str] = mapped_column(sa.String(16))
    model: Mapped[str | None] = mapped_column(sa.String(80))
    checkpoint: Mapped[str] = mapped_column(sa.String(64))
    dimension: Mapped[str] = mapped_column(sa.String(24))
    severity: Mapped[str] = mapped_column(sa.String(16))
    score: Mapped[float | None] = mapped_column()
    raises: Mapped[bool] = mapped_column(default=False)
    place: Mapped[dict[str, Any]] = mapped_column(Json(dict[str, Any]))
    text: Mapped[Text] = mapped_column(Json(Text))
    found_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
