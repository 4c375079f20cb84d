"""Table of uploads under way."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned


class Upload(CompanyOwned, Base):
    """One tus upload. `received` counts only bytes that are on disk; it reaches `length` in the transaction that
    records the photo or note, so that a client never hears "complete" of a file that is not stored.

    `owner_id` is the person or the API key that created it; nobody else may touch it. `sha256` is the hash of the
    stored file once there is one; the hash that the client announced stays in `metadata_`.
    """

    __tablename__ = "upload"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column()
    target_kind: Mapped[str] = mapped_column(sa.String(16))
    target_id: Mapped[uuid.UUID] = mapped_column(index=True)
    length: Mapped[int] = mapped_column(sa.BigInteger)
    received: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata", Json(dict[str, str]))
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    trace_id: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
