"""Tables of evidence: what is known of each photo's origin, the prints photos are found by, fences and settings."""

import datetime as dt
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned, StoreOwned
from core.text import Text


class Doubt(msgspec.Struct, frozen=True):
    """One reason for doubt: its code, how much it weighs (0..1), and the sentence for a person."""

    code: str
    weight: float
    text: Text


class PhotoEvidence(StoreOwned, Base):
    """What a phone said of a photo, and what was made of it; `score` is null until it was weighed. Id: the photo's."""

    __tablename__ = "photo_evidence"
    __table_args__ = (
        sa.Index("ix_photo_evidence_doubtful", "company_id", "doubtful", "weighed_at", "id"),
        sa.Index("ix_photo_evidence_nonce", "company_id", "nonce_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("photo.id"), primary_key=True)
    nonce: Mapped[str | None] = mapped_column(sa.String(200))
    nonce_id: Mapped[uuid.UUID | None] = mapped_column()
    position: Mapped[str | None] = mapped_column(sa.String(16))
    latitude: Mapped[float | None] = mapped_column()
    longitude: Mapped[float | None] = mapped_column()
    accuracy_m: Mapped[float | None] = mapped_column()
    clock_offset_ms: Mapped[int | None] = mapped_column(sa.BigInteger)
    score: Mapped[float | None] = mapped_column()
    doubtful: Mapped[bool] = mapped_column(default=False)
    doubts: Mapped[tuple[Doubt, ...]] = mapped_column(Json(tuple[Doubt, ...]), default=())
    facts: Mapped[dict[str, Any]] = mapped_column(Json(dict[str, Any]), default=dict)
    like_photo_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("photo.id"))
    weighed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class PhotoPrint(CompanyOwned, Base):
    """One print of a photo: 64 bits in hexadecimal, and its four bands, each with an index of its own."""

    __tablename__ = "photo_print"
    __table_args__ = tuple(sa.Index(f"ix_photo_print_band{n}", "company_id", f"band{n}") for n in range(4))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    photo_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("photo.id"), index=True)
    bits: Mapped[str] = mapped_column(sa.String(16))
    band0: Mapped[int] = mapped_column()
    band1: Mapped[int] = mapped_column()
    band2: Mapped[int] = mapped_column()
    band3: Mapped[int] = mapped_column()


class StoreFence(StoreOwned, Base):
    """Where a store is, and how far around it a photo still counts as taken there. Id: the store's."""

    __tablename__ = "store_fence"

    id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("org_node.id"), primary_key=True)
    latitude: Mapped[float] = mapped_column()
    longitude: Mapped[float] = mapped_column()
    radius_m: Mapped[float] = mapped_column()
    version: Mapped[int] = mapped_column(default=1)


class EvidenceSettings(CompanyOwned, Base):
    """What a company asks of its phones. Id: the company's."""

    __tablename__ = "evidence_settings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    ask_position: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
