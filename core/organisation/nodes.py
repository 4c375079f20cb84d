"""The tree: listing, adding, changing and moving its nodes."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from core.access.permissions import Action, require
from core.errors import Conflict, ContentDiffers, not_found, stale
from core.events import record
from core.org import Company, OrgNode, child_path
from core.organisation import rules
from core.organisation.views import NodeKind, NodeView, node_view
from core.paging import Page, PageRequest, fetch
from core.scope import ScopedSession
from core.text import Text

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[!-~]+$")]


class NewNode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node to add. The client makes the id, so that sending it twice is one request. Without zone: the parent's."""

    id: uuid.UUID
    parent_id: uuid.UUID
    kind: Literal["region", "store"]
    code: Code
    name: Text
    time_zone: str | None = None


class NodeChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a node; what is left out stays. Another `parent_id` moves it with everything below."""

    version: int
    parent_id: uuid.UUID | msgspec.UnsetType = msgspec.UNSET
    code: Code | msgspec.UnsetType = msgspec.UNSET
    name: Text | msgspec.UnsetType = msgspec.UNSET
    time_zone: str | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


def list_nodes(
    session: ScopedSession, page: PageRequest, *, parent_id: uuid.UUID | None = None, kind: NodeKind | None = None
) -> Page[NodeView]:
    """Return the nodes the caller sees, by code."""
    query = sa.select(OrgNode)
    if parent_id is not None:
        query = query.where(OrgNode.parent_id == parent_id)
    if kind is not None:
        query = query.where(OrgNode.kind == kind)
    return fetch(session, query, [(OrgNode.code, "asc"), (OrgNode.id, "asc")], page).map(node_view)


def get_node(session: ScopedSession, node_id: uuid.UUID) -> OrgNode:
    """Return a node.

    Raises:
        NotFound: there is none in the caller's part of the tree.

    """
    node = session.get(OrgNode, node_id)
    if node is None:
        raise not_found("org_node", node_id)
    return node


def add_node(session: ScopedSession, now: dt.datetime, new: NewNode) -> tuple[NodeView, bool]:
    """Add a node below one that the caller administers; False when the same was added before.

    Raises:
        ContentDiffers: a node of this id exists, with other content.
        NotFound: the parent is not in the caller's part of the tree.
        Forbidden, Invalid, Conflict: not there, not so, or the code is taken.

    """
    _lock_tree(session)
    parent = get_node(session, new.parent_id)
    require(session.caller, Action.CHANGE_ORGANISATION, parent.path)
    time_zone = new.time_zone or parent.time_zone
    before = session.get(OrgNode, new.id)
    if before is not None:
        return node_view(_same(before, new, time_zone)), False
    rules.check_parent(parent)
    rules.check_time_zone(time_zone)
    _check_code(session, new.code)
    node = OrgNode(
        id=new.id,
        company_id=parent.company_id,
        parent_id=parent.id,
        kind=new.kind,
        code=new.code,
        name=new.name,
        path=child_path(parent.path, new.id),
        time_zone=time_zone,
        active=True,
        version=1,
    )
    session.add(node)
    record(session, now, "NodeAdded", ("org_node", node.id), data={"code": node.code, "parent_id": str(parent.id)})
    return node_view(node), True


def change_node(session: ScopedSession, now: dt.datetime, node_id: uuid.UUID, change: NodeChange) -> NodeView:
    """Change a node, and move it when the change names another parent.

    Raises:
        StaleVersion: it was changed since `change.version`.
        NotFound, Forbidden, Invalid, Conflict: not visible, not allowed, not so, or the code is taken.

    """
    _lock_tree(session)
    node = get_node(session, node_id)
    require(session.caller, Action.CHANGE_ORGANISATION, node.path)
    if node.version != change.version:
        raise stale("org_node", node.version)
    changed = _apply(session, node, change)
    if change.parent_id is not msgspec.UNSET and change.parent_id != node.parent_id:
        changed |= _move(session, node, change.parent_id)
    if changed:
        node.version += 1
        record(session, now, "NodeChanged", ("org_node", node.id), data=changed)
    return node_view(node)


def _apply(session: ScopedSession, node: OrgNode, change: NodeChange) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name in ("code", "name", "time_zone", "active"):
        value = getattr(change, name)
        if value is not msgspec.UNSET and value != getattr(node, name):
            changed[name] = msgspec.to_builtins([getattr(node, name), value])
    if "code" in changed:
        _check_code(session, str(change.code))
    if "time_zone" in changed:
        rules.check_time_zone(str(change.time_zone))
    for name in changed:
        setattr(node, name, getattr(change, name))
    return changed


def _move(session: ScopedSession, node: OrgNode, parent_id: uuid.UUID) -> dict[str, Any]:
    """Hang a node below another parent; the paths of all below it are rewritten in one statement."""
    parent = get_node(session, parent_id)
    require(session.caller, Action.CHANGE_ORGANISATION, parent.path)
    below = OrgNode.path.startswith(node.path, autoescape=True)
    deepest = session.scalar(
        sa.select(OrgNode.path).where(below).order_by(sa.func.length(OrgNode.path).desc()).limit(1)
    )
    rules.check_move(node, parent, deepest or node.path)
    before, old_path, new_path = node.parent_id, node.path, child_path(parent.path, node.id)
    node.parent_id = parent.id
    session.flush()
    session.execute(
        sa.update(OrgNode)
        .where(below)
        .values(path=sa.literal(new_path) + sa.func.substr(OrgNode.path, len(old_path) + 1))
        .execution_options(synchronize_session=False)
    )
    return {"parent_id": [str(before), str(parent.id)]}


def _lock_tree(session: ScopedSession) -> None:
    """Let one change of the tree happen at a time per company: two moves at once could make a cycle."""
    session.execute(sa.select(Company.id).where(Company.id == session.caller.company_id).with_for_update())


def _same(before: OrgNode, new: NewNode, time_zone: str) -> OrgNode:
    was = (before.parent_id, before.kind, before.code, before.name, before.time_zone)
    if was != (new.parent_id, new.kind, new.code, new.name, time_zone):
        raise ContentDiffers(
            "org_node.content_differs",
            Text("同一编号的节点已存在且内容不同", "A node of this id exists, with other content"),
            id=str(new.id),
        )
    return before


def _check_code(session: ScopedSession, code: str) -> None:
    """Say early that a code is taken; beyond the caller's part of the tree, the unique index says it."""
    if session.scalar(sa.select(OrgNode.id).where(OrgNode.code == code)) is not None:
        raise Conflict("org_node.code_taken", Text(f"编号 {code} 已被使用", f"The code {code} is taken"), field="code")
