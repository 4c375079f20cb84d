"""Tables of campaigns, their artwork, and what photos showed of it."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned, StoreOwned
from core.text import Text


class Campaign(CompanyOwned, Base):
    """Material of one kind that hangs from `starts` to `ends`, both days included, each in the store's own zone."""

    __tablename__ = "campaign"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('poster', 'wobbler', 'shelf_strip')", name="kind"),
        sa.CheckConstraint("starts <= ends", name="dates"),
        sa.Index("ix_campaign_list", "company_id", "starts", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[Text] = mapped_column(Json(Text))
    kind: Mapped[str] = mapped_column(sa.String(16))
    starts: Mapped[dt.date] = mapped_column(sa.Date)
    ends: Mapped[dt.date] = mapped_column(sa.Date)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class CampaignPlace(CompanyOwned, Base):
    """A node of the organisation whose stores the campaign belongs to."""

    __tablename__ = "campaign_place"
    __table_args__ = (sa.UniqueConstraint("campaign_id", "node_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("campaign.id"))
    node_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("org_node.id"), index=True)


class CampaignArtwork(CompanyOwned, Base):
    """One piece of a campaign: the file as it came, pictures for a screen, and what a photo is compared with.

    A piece that was taken out keeps its row (`removed_at`), because sightings refer to it.
    """

    __tablename__ = "campaign_artwork"
    __table_args__ = tuple(
        sa.Index(f"ix_campaign_artwork_{column.removesuffix('_sha256')}", column, postgresql_using="hash")
        for column in ("sha256", "thumb_sha256", "display_sha256")
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("campaign.id"), index=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(64))
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()
    thumb_sha256: Mapped[str] = mapped_column(sa.String(64))
    display_sha256: Mapped[str] = mapped_column(sa.String(64))
    features: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    feature_count: Mapped[int] = mapped_column()
    extractor: Mapped[str] = mapped_column(sa.String(32))
    added_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class MaterialLook(StoreOwned, Base):
    """That a photo was looked at for material; `id` is the photo's. `telling`: "not found" means something on it."""

    __tablename__ = "material_look"

    id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("photo.id"), primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    day: Mapped[dt.date] = mapped_column(sa.Date)
    for_material: Mapped[bool] = mapped_column()
    telling: Mapped[bool] = mapped_column()
    model: Mapped[str] = mapped_column(sa.String(80))
    ms: Mapped[int] = mapped_column()
    looked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class MaterialSighting(StoreOwned, Base):
    """What a photo says of one piece that was expected there, or that is there though it should not be.

    `timing` is running, ended or upcoming on the day of the photo; `rivals` are pieces it cannot be told from;
    `corners` are in pixels of the upright photo, clockwise from the artwork's top left; `copies` are all places it
    hangs at.
    """

    __tablename__ = "material_sighting"
    __table_args__ = (
        sa.UniqueConstraint("photo_id", "artwork_id"),
        sa.Index("ix_material_sighting_visit", "visit_id", "artwork_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    photo_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("photo.id"))
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    campaign_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("campaign.id"), index=True)
    artwork_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("campaign_artwork.id"))
    found: Mapped[bool] = mapped_column()
    timing: Mapped[str] = mapped_column(sa.String(16))
    corners: Mapped[list[list[float]] | None] = mapped_column(Json(list[list[float]]))
    visible: Mapped[float] = mapped_column()
    in_frame: Mapped[float | None] = mapped_column()
    angle: Mapped[float | None] = mapped_column()
    upright: Mapped[bool | None] = mapped_column()
    score: Mapped[float] = mapped_column()
    rivals: Mapped[list[uuid.UUID]] = mapped_column(Json(list[uuid.UUID]), default=list)
    copies: Mapped[list[dict[str, Any]]] = mapped_column(Json(list[dict[str, Any]]), default=list)
    model: Mapped[str] = mapped_column(sa.String(80))
    seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class CampaignShowing(StoreOwned, Base):
    """What one visit says of one campaign at its store: shown, hidden, turned, unsure or missing."""

    __tablename__ = "campaign_showing"
    __table_args__ = (
        sa.UniqueConstraint("visit_id", "campaign_id"),
        sa.Index("ix_campaign_showing_latest", "campaign_id", "store_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    campaign_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("campaign.id"))
    state: Mapped[str] = mapped_column(sa.String(16))
    photo_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("photo.id"))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
