"""Who is asking, and for which part of the organisation."""

import enum
import uuid
from typing import Literal

import msgspec

from core.text import Text

ROOT_PATH = "/"


class Role(enum.StrEnum):
    """What a person does at a node of the organisation."""

    SUPERVISOR = "supervisor"
    STORE_MANAGER = "store_manager"
    REGIONAL_MANAGER = "regional_manager"
    HQ = "hq"
    ADMIN = "admin"
    INTEGRATION = "integration"


ROLE_NAMES = {
    Role.SUPERVISOR: Text("督导", "supervisor"),
    Role.STORE_MANAGER: Text("店长", "store manager"),
    Role.REGIONAL_MANAGER: Text("区域经理", "regional manager"),
    Role.HQ: Text("总部", "headquarters"),
    Role.ADMIN: Text("管理员", "administrator"),
    Role.INTEGRATION: Text("系统集成", "integration"),
}


class Grant(msgspec.Struct, frozen=True):
    """A role at a node: it holds for that node and everything below (`path` is the node's path in the tree)."""

    role: Role
    node_id: uuid.UUID
    path: str


class Actor(msgspec.Struct, frozen=True):
    """Who did something, as the trail remembers it."""

    kind: Literal["person", "api_key", "system"]
    id: uuid.UUID | None
    name: str


SYSTEM = Actor(kind="system", id=None, name="Storepatrol")


class Caller(msgspec.Struct, frozen=True):
    """The actor, the company it belongs to, and its grants.

    `company_id` None is the installation itself (signing in, dispatching jobs); it sees every company, and only the
    few functions that must cross companies are given it.
    """

    actor: Actor
    company_id: uuid.UUID | None
    grants: tuple[Grant, ...] = ()
    trace_id: str | None = None

    @property
    def person_id(self) -> uuid.UUID | None:
        """Return the person's id, None for a key or the system."""
        return self.actor.id if self.actor.kind == "person" else None

    @property
    def sees_whole_company(self) -> bool:
        """Tell whether no limit below the company applies."""
        return self.actor.kind == "system"

    def paths(self) -> tuple[str, ...]:
        """Return the paths of the subtrees the caller may see."""
        return tuple(sorted({grant.path for grant in self.grants}))

    def roles_over(self, path: str) -> frozenset[Role]:
        """Return the roles the caller holds at the node of this path or above it."""
        return frozenset(grant.role for grant in self.grants if path.startswith(grant.path))

    def has(self, *roles: Role) -> bool:
        """Tell whether the caller holds one of `roles` anywhere."""
        return any(grant.role in roles for grant in self.grants)


def system(company_id: uuid.UUID, trace_id: str | None = None) -> Caller:
    """Return the caller for work the product does by itself inside one company."""
    return Caller(actor=SYSTEM, company_id=company_id, trace_id=trace_id)


def installation() -> Caller:
    """Return the caller for work across companies: signing in, dispatching, sweeping."""
    return Caller(actor=SYSTEM, company_id=None)
