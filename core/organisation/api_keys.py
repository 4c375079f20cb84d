"""Keys with which machines call the API."""

import datetime as dt
import uuid
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa

from core.access import tokens
from core.access.permissions import Action, require
from core.caller import Role
from core.errors import ContentDiffers, Invalid, not_found
from core.events import record
from core.org import ApiKey, OrgNode
from core.organisation.nodes import get_node
from core.organisation.people import Name
from core.organisation.views import ApiKeyView, api_key_view
from core.paging import Page, PageRequest, fetch
from core.scope import ScopedSession
from core.text import Text


class NewApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make, with an id the client made. It acts with `role` at the node and below."""

    id: uuid.UUID
    name: Name
    node_id: uuid.UUID
    role: Literal["integration", "hq"] = "integration"
    expires_at: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None


class MadeApiKey(ApiKeyView, frozen=True):
    """A key just made. `key` is shown this once; null when the same request was answered before."""

    key: str | None


def list_api_keys(session: ScopedSession, page: PageRequest) -> Page[ApiKeyView]:
    """Return the keys at nodes the caller sees, revoked ones too."""
    return fetch(session, _in_sight(), [(ApiKey.id, "asc")], page).map(api_key_view)


def make_api_key(session: ScopedSession, now: dt.datetime, new: NewApiKey) -> tuple[MadeApiKey, bool]:
    """Make a key; False, and no secret, when the same was made before (its answer was lost: revoke it, make another).

    Raises:
        ContentDiffers: a key of this id exists, with other content.
        NotFound, Forbidden, Invalid: the node is not visible, not administered, or the expiry is past.

    """
    node = get_node(session, new.node_id)
    require(session.caller, Action.MANAGE_API_KEYS, node.path)
    before = session.get(ApiKey, new.id)
    if before is not None:
        return _made(_same(before, new), None), False
    if new.expires_at is not None and new.expires_at <= now:
        raise Invalid("api_key.expired", Text("到期时间已过", "This expiry is in the past"), field="expires_at")
    prefix, key = tokens.new_api_key()
    row = ApiKey(
        id=new.id,
        company_id=node.company_id,
        name=new.name,
        node_id=node.id,
        role=Role(new.role),
        prefix=prefix,
        key_hash=tokens.token_hash(key),
        created_at=now,
        expires_at=new.expires_at,
    )
    session.add(row)
    record(session, now, "ApiKeyMade", ("api_key", row.id), data={"name": row.name, "role": row.role})
    return _made(row, key), True


def revoke_api_key(session: ScopedSession, now: dt.datetime, key_id: uuid.UUID) -> None:
    """Revoke a key at once; one revoked before stays as it is.

    Raises:
        NotFound, Forbidden: not visible, or not administered.

    """
    row = session.scalar(_in_sight().where(ApiKey.id == key_id))
    if row is None:
        raise not_found("api_key", key_id)
    require(session.caller, Action.MANAGE_API_KEYS, get_node(session, row.node_id).path)
    if row.revoked_at is None:
        row.revoked_at = now
        record(session, now, "ApiKeyRevoked", ("api_key", row.id))


def _in_sight() -> sa.Select[ApiKey]:
    """Join the node, whose scope then holds for the key."""
    return sa.select(ApiKey).join(OrgNode, OrgNode.id == ApiKey.node_id)


def _same(before: ApiKey, new: NewApiKey) -> ApiKey:
    was = (before.name, before.node_id, before.role, before.expires_at)
    if was != (new.name, new.node_id, new.role, new.expires_at):
        raise ContentDiffers(
            "api_key.content_differs",
            Text("同一编号的密钥已存在且内容不同", "A key of this id exists, with other content"),
            id=str(new.id),
        )
    return before


def _made(row: ApiKey, key: str | None) -> MadeApiKey:
    return MadeApiKey(**msgspec.structs.asdict(api_key_view(row)), key=key)
