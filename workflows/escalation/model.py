"""Table of escalations: the unique pair of task and level is what makes each fire once."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcDateTime
from core.scope import StoreOwned


class Escalation(StoreOwned, Base):
    """One step of one task up the organisation."""

    __tablename__ = "escalation"
    __table_args__ = (sa.UniqueConstraint("task_id", "level"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("task.id"))
    level: Mapped[int] = mapped_column()
    from_person_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("person.id"))
    to_person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"))
    was_due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    escalated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
