"""Table of messages to people, shown in the app."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned
from core.text import Text


class Notification(CompanyOwned, Base):
    """One message to one person; `key` keeps the same message from being sent twice."""

    __tablename__ = "notification"
    __table_args__ = (sa.Index("ix_notification_list", "person_id", "at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(sa.String(32))
    title: Mapped[Text] = mapped_column(Json(Text))
    reason: Mapped[Text] = mapped_column(Json(Text))
    task_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("task.id"))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
