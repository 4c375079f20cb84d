"""What the organisation shows of itself: values, not rows."""

import datetime as dt
import uuid
from typing import Literal

import msgspec

from core.caller import Role
from core.org import ApiKey, OrgNode
from core.text import Text

NodeKind = Literal["company", "region", "store"]


class NodeRef(msgspec.Struct, frozen=True):
    """A node, in short."""

    id: uuid.UUID
    name: Text
    kind: NodeKind


class NodeView(msgspec.Struct, frozen=True):
    """A node of the tree."""

    id: uuid.UUID
    parent_id: uuid.UUID | None
    kind: NodeKind
    name: Text
    code: str
    time_zone: str
    active: bool
    version: int


class RoleView(msgspec.Struct, frozen=True):
    """A role someone holds at a node."""

    role: Role
    node: NodeRef


class PersonView(msgspec.Struct, frozen=True):
    """Someone who signs in, with the roles that the caller may know of."""

    id: uuid.UUID
    login: str
    name: str
    language: Literal["zh", "en"]
    active: bool
    version: int
    roles: tuple[RoleView, ...]


class CompanyRef(msgspec.Struct, frozen=True):
    """A company, in short."""

    id: uuid.UUID
    name: Text


class Me(msgspec.Struct, frozen=True):
    """The caller, as shown to itself."""

    id: uuid.UUID
    login: str | None
    name: str
    language: Literal["zh", "en"]
    company: CompanyRef
    roles: tuple[RoleView, ...]


class ApiKeyView(msgspec.Struct, frozen=True):
    """An API key without its secret."""

    id: uuid.UUID
    name: str
    prefix: str
    role: Role
    node_id: uuid.UUID
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None


def node_ref(node: OrgNode) -> NodeRef:
    """Return a node in short."""
    return NodeRef(id=node.id, name=node.name, kind=msgspec.convert(node.kind, NodeKind))


def node_view(node: OrgNode) -> NodeView:
    """Return a node as the outside sees it."""
    return NodeView(
        id=node.id,
        parent_id=node.parent_id,
        kind=msgspec.convert(node.kind, NodeKind),
        name=node.name,
        code=node.code,
        time_zone=node.time_zone,
        active=node.active,
        version=node.version,
    )


def api_key_view(key: ApiKey) -> ApiKeyView:
    """Return an API key as the outside sees it."""
    return ApiKeyView(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        role=Role(key.role),
        node_id=key.node_id,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )
