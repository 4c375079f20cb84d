"""From a token or key to the caller, with roles as they are this moment."""

import uuid

import sqlalchemy as sa

from core.access.tokens import AccessTokens, token_hash
from core.caller import Actor, Caller, Grant, Role, installation
from core.errors import Unauthenticated
from core.org import ApiKey, Membership, OrgNode, Person
from core.parts import Parts
from core.text import Text


def caller_by_token(parts: Parts, access: AccessTokens, token: str, trace_id: str | None) -> Caller:
    """Return the person an access token stands for.

    Raises:
        Unauthenticated: the token is not good, or the person was deactivated meanwhile.

    """
    claims = access.read(token, parts.clock.now())
    caller = load_person(parts, claims.person_id, trace_id)
    if caller is None or caller.company_id != claims.company_id:
        raise Unauthenticated("access.person_inactive", Text("账号已停用", "This account is no longer active"))
    return caller


def load_person(parts: Parts, person_id: uuid.UUID, trace_id: str | None = None) -> Caller | None:
    """Return an active person as caller, None when there is none of this id."""
    query = (
        sa.select(Person.name, Person.company_id, Membership.role, Membership.node_id, OrgNode.path)
        .outerjoin(Membership, Membership.person_id == Person.id)
        .outerjoin(OrgNode, OrgNode.id == Membership.node_id)
        .where(Person.id == person_id, Person.active)
        .order_by(OrgNode.path, Membership.role)
    )
    with parts.database.snapshot(installation()) as session:
        rows = session.execute(query).all()
    if not rows:
        return None
    grants = tuple(Grant(role=row.role, node_id=row.node_id, path=row.path) for row in rows if row.path is not None)
    actor = Actor(kind="person", id=person_id, name=rows[0].name)
    return Caller(actor=actor, company_id=rows[0].company_id, grants=grants, trace_id=trace_id)


def caller_by_api_key(parts: Parts, key: str, trace_id: str | None) -> Caller:
    """Return the machine an API key stands for.

    Raises:
        Unauthenticated: the key is unknown, revoked or expired; it does not say which.

    """
    query = sa.select(ApiKey, OrgNode.path).join(OrgNode, OrgNode.id == ApiKey.node_id)
    with parts.database.snapshot(installation()) as session:
        row = session.execute(query.where(ApiKey.key_hash == token_hash(key))).one_or_none()
    if row is None or not _is_good(row[0], parts):
        raise Unauthenticated("access.bad_api_key", Text("API 密钥无效", "This API key is not valid"))
    found, path = row
    return Caller(
        actor=Actor(kind="api_key", id=found.id, name=found.name),
        company_id=found.company_id,
        grants=(Grant(role=Role(found.role), node_id=found.node_id, path=path),),
        trace_id=trace_id,
    )


def _is_good(key: ApiKey, parts: Parts) -> bool:
    return key.revoked_at is None and (key.expires_at is None or parts.clock.now() < key.expires_at)
