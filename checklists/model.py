"""Tables of checklists and their versions."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column

from checklists.template import ChecklistContent
from core.db import Base, Json, UtcDateTime
from core.errors import Conflict
from core.scope import CompanyOwned
from core.text import Text


class Checklist(CompanyOwned, Base):
    """A checklist of a company; what it asks is in its versions. `latest_number` is 0 before the first."""

    __tablename__ = "checklist"
    __table_args__ = (sa.Index("ix_checklist_list", "company_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    title: Mapped[Text] = mapped_column(Json(Text))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    latest_version_id: Mapped[uuid.UUID | None] = mapped_column()  # no foreign key: it would close a circle of tables
    latest_number: Mapped[int] = mapped_column(default=0)


class ChecklistVersion(CompanyOwned, Base):
    """One published version. Rows are only ever added."""

    __tablename__ = "checklist_version"
    __table_args__ = (sa.UniqueConstraint("checklist_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    checklist_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("checklist.id"))
    number: Mapped[int] = mapped_column()
    title: Mapped[Text] = mapped_column(Json(Text))
    content: Mapped[ChecklistContent] = mapped_column(Json(ChecklistContent))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    published_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("person.id"))


def _refuse_change(_mapper: Any, _connection: sa.Connection, version: ChecklistVersion) -> None:
    raise Conflict(
        "checklist.version_immutable",
        Text(
            f"检查表第 {version.number} 版已发布, 不能再修改",
            f"Version {version.number} of the checklist is published and cannot change",
        ),
    )


event.listen(ChecklistVersion, "before_update", _refuse_change)
event.listen(ChecklistVersion, "before_delete", _refuse_change)
