"""Tables of a company's vocabulary."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned


class VocabularyTerm(CompanyOwned, Base):
    """A term somebody added. `plain` is its text in lower case and half width: one term of a company is there once."""

    __tablename__ = "vocabulary_term"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "plain"),
        sa.CheckConstraint("kind IN ('product', 'brand', 'fixture', 'store')", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    text: Mapped[str] = mapped_column(sa.String(60))
    plain: Mapped[str] = mapped_column(sa.String(60))
    aliases: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    searched: Mapped[str] = mapped_column(sa.Text)
    added_by: Mapped[str] = mapped_column(sa.String(120))
    added_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class VocabularyVersion(CompanyOwned, Base):
    """How often a company's terms were changed; whoever keeps them in memory compares it. `id` from the company's."""

    __tablename__ = "vocabulary_version"
    __table_args__ = (sa.UniqueConstraint("company_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column()
