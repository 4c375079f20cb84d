"""Table of corrective tasks."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import StoreOwned
from core.text import Text


class TaskState(enum.StrEnum):
    """Where a task stands: `in_review` waits for a person to judge the after photo."""

    OPEN = "open"
    FIX_SUBMITTED = "fix_submitted"
    IN_REVIEW = "in_review"
    CLOSED = "closed"


class Task(StoreOwned, Base):
    """The corrective task of one issue.

    `next_escalation_at` is its clock, null only when the task is closed. `grace_level` is the escalation level at which
    an after photo has already bought time.
    """

    __tablename__ = "task"
    __table_args__ = (
        sa.Index("ix_task_clock", "next_escalation_at"),
        sa.Index("ix_task_list", "company_id", "state", "due_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    issue_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("issue.id"), unique=True)
    checkpoint: Mapped[str] = mapped_column(sa.String(64))
    dimension: Mapped[str] = mapped_column(sa.String(24))
    title: Mapped[Text] = mapped_column(Json(Text))
    fix: Mapped[Text] = mapped_column(Json(Text))
    severity: Mapped[str] = mapped_column(sa.String(16))
    state: Mapped[str] = mapped_column(sa.String(16), default=TaskState.OPEN)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    owner_role: Mapped[str | None] = mapped_column(sa.String(32))
    owner_node_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("org_node.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    next_escalation_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    escalation_level: Mapped[int] = mapped_column(default=0)
    grace_level: Mapped[int | None] = mapped_column()
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    trace_id: Mapped[str | None] = mapped_column(sa.String(64))
    version: Mapped[int] = mapped_column(default=1)
