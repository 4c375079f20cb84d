"""Tables of price lists and of what was read on photos."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned, StoreOwned


class PriceList(CompanyOwned, Base):
    """The prices that hold at a node and below it; what they are is in its versions. `latest_number` 0: none yet."""

    __tablename__ = "price_list"
    __table_args__ = (sa.Index("ix_price_list_list", "company_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    node_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("org_node.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    latest_number: Mapped[int] = mapped_column(default=0)


class PriceListVersion(CompanyOwned, Base):
    """One imported file, whole. Rows are only ever added; the same content twice in a row is one version."""

    __tablename__ = "price_list_version"
    __table_args__ = (sa.UniqueConstraint("list_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    list_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("price_list.id"))
    number: Mapped[int] = mapped_column()
    file_name: Mapped[str] = mapped_column(sa.String(200))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    line_count: Mapped[int] = mapped_column()
    imported_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    imported_by: Mapped[str] = mapped_column(sa.String(120))


class PriceLine(CompanyOwned, Base):
    """The price of one article, in hundredths of its currency, for `quantity` of `unit`, on the days it holds."""

    __tablename__ = "price_line"
    __table_args__ = (sa.UniqueConstraint("version_id", "position"), sa.Index("ix_price_line_sku", "version_id", "sku"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("price_list_version.id"))
    position: Mapped[int] = mapped_column()
    sku: Mapped[str] = mapped_column(sa.String(64))
    barcode: Mapped[str | None] = mapped_column(sa.String(14))
    names: Mapped[tuple[str, ...]] = mapped_column(Json(tuple[str, ...]))
    searched: Mapped[str] = mapped_column(sa.Text)
    minor: Mapped[int] = mapped_column()
    currency: Mapped[str] = mapped_column(sa.String(3))
    unit: Mapped[str | None] = mapped_column(sa.String(8))
    quantity: Mapped[float | None] = mapped_column()
    valid_from: Mapped[dt.date | None] = mapped_column(sa.Date)
    valid_to: Mapped[dt.date | None] = mapped_column(sa.Date)


class PriceSettings(CompanyOwned, Base):
    """What a company has chosen about prices; `id` is derived from the company's."""

    __tablename__ = "price_settings"
    __table_args__ = (sa.UniqueConstraint("company_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    read_every_photo: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)


class TagLook(StoreOwned, Base):
    """What was read on a photo; `id` is the photo's. `tags` and `dates` as `policy` made them, compared on `day`."""

    __tablename__ = "tag_look"

    id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("photo.id"), primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    day: Mapped[dt.date] = mapped_column(sa.Date)
    tags: Mapped[list[dict[str, Any]]] = mapped_column(Json(list[dict[str, Any]]))
    dates: Mapped[list[dict[str, Any]]] = mapped_column(Json(list[dict[str, Any]]))
    tag_count: Mapped[int] = mapped_column()
    read_count: Mapped[int] = mapped_column()
    differ_count: Mapped[int] = mapped_column()
    missing: Mapped[list[list[int]]] = mapped_column(Json(list[list[int]]))
    cut_short: Mapped[bool] = mapped_column()
    model: Mapped[str] = mapped_column(sa.String(80))
    ms: Mapped[int] = mapped_column()
    read_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
