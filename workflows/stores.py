"""A store as other things refer to it."""

import uuid
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text


class StoreRef(msgspec.Struct, frozen=True):
    """A store's id and what people call it."""

    id: uuid.UUID
    name: Text
    code: str
    time_zone: str


def stores_of(session: ScopedSession, store_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, StoreRef]:
    """Return the stores of these ids that the caller may see."""
    nodes = session.scalars(sa.select(OrgNode).where(OrgNode.id.in_(set(store_ids))))
    return {node.id: StoreRef(node.id, node.name, node.code, node.time_zone) for node in nodes}
