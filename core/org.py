"""Tables of the organisation: companies, the tree, people, their roles, API keys and sign-in sessions."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.caller import Role
from core.db import Base, Json, UtcDateTime
from core.scope import CompanyOwned, TreeOwned
from core.text import Text


class Company(Base):
    """A chain: the root that every row of its data names."""

    __tablename__ = "company"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[Text] = mapped_column(Json(Text))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class OrgNode(TreeOwned, Base):
    """A node of the tree: the company, a region of any depth, or a store.

    `path` is "/" + the ids from the root down, each followed by "/": a subtree is a prefix.
    """

    __tablename__ = "org_node"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.CheckConstraint("kind IN ('company', 'region', 'store')", name="kind"),
        sa.Index("ix_org_node_path", "company_id", "path"),
    )

    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("org_node.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    code: Mapped[str] = mapped_column(sa.String(64))
    name: Mapped[Text] = mapped_column(Json(Text))
    path: Mapped[str] = mapped_column(sa.String(1024))
    time_zone: Mapped[str] = mapped_column(sa.String(64))
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Person(CompanyOwned, Base):
    """Someone who signs in."""

    __tablename__ = "person"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    language: Mapped[str] = mapped_column(sa.String(2))
    password_hash: Mapped[str] = mapped_column(sa.String(256))
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Membership(CompanyOwned, Base):
    """A person's role at a node."""

    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("person_id", "node_id", "role"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    node_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("org_node.id"), index=True)
    role: Mapped[Role] = mapped_column(
        sa.Enum(Role, native_enum=False, length=32, values_callable=lambda roles: [r.value for r in roles])
    )


class ApiKey(CompanyOwned, Base):
    """A machine's key: only its hash is kept. It acts with `role` at `node_id`."""

    __tablename__ = "api_key"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    node_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("org_node.id"))
    role: Mapped[str] = mapped_column(sa.String(32))
    prefix: Mapped[str] = mapped_column(sa.String(16))
    key_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class RefreshToken(CompanyOwned, Base):
    """One link of a sign-in's chain of refresh tokens; a used one coming back ends the whole family."""

    __tablename__ = "refresh_token"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    family_id: Mapped[uuid.UUID] = mapped_column(index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    issued_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


def child_path(parent_path: str, node_id: uuid.UUID) -> str:
    """Return the path of a node below `parent_path` ("/" for the root)."""
    return f"{parent_path}{node_id.hex}/"
