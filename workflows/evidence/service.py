"""Claims kept as a photo comes in; fences of stores and settings of a company."""

import datetime as dt
import uuid

import sqlalchemy as sa

from core.errors import Conflict, not_found
from core.events import record
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from workflows.evidence.claims import Claims
from workflows.evidence.model import EvidenceSettings, PhotoEvidence, StoreFence
from workflows.visits.model import Photo


def keep_claims(session: ScopedSession, photo: Photo, claims: Claims) -> None:
    """Keep what the phone said of a photo that has just come in; a position only where the company asks for it."""
    chosen = settings(session)
    asked = chosen is not None and chosen.ask_position
    session.add(
        PhotoEvidence(
            id=photo.id, company_id=photo.company_id, store_id=photo.store_id, nonce=claims.nonce,
            position=claims.position if asked else None, latitude=claims.latitude if asked else None,
            longitude=claims.longitude if asked else None, accuracy_m=claims.accuracy_m if asked else None,
            clock_offset_ms=claims.clock_offset_ms, doubtful=False, doubts=(), facts={},
        )
    )  # fmt: skip


def settings(session: ScopedSession) -> EvidenceSettings | None:
    """Return what the caller's company asks of its phones, None where it never chose."""
    return session.scalar(sa.select(EvidenceSettings))


def choose(session: ScopedSession, now: dt.datetime, *, ask_position: bool, version: int) -> EvidenceSettings:
    """Choose whether phones are asked for their position.

    Raises:
        Conflict: it was changed since `version` (0: never chosen).

    """
    company_id = _company(session)
    row = session.scalar(sa.select(EvidenceSettings).with_for_update())
    _check_version(row.version if row else 0, version)
    if row is None:
        row = EvidenceSettings(id=company_id, company_id=company_id, ask_position=ask_position, version=1)
        session.add(row)
    else:
        row.ask_position, row.version = ask_position, row.version + 1
    record(session, now, "EvidenceSettingsChanged", ("company", company_id), data={"ask_position": ask_position})
    session.flush()
    return row


def fence(session: ScopedSession, store_id: uuid.UUID) -> StoreFence | None:
    """Return a store's fence, None where its position is not known.

    Raises:
        NotFound: no such store in the caller's part of the organisation.

    """
    _store(session, store_id)
    return session.scalar(sa.select(StoreFence).where(StoreFence.store_id == store_id))


def put_fence(
    session: ScopedSession,
    now: dt.datetime,
    store_id: uuid.UUID,
    place: tuple[float, float],
    radius: float,
    version: int,
) -> StoreFence:
    """Say where a store is.

    Raises:
        NotFound: no such store in the caller's part of the organisation.
        Conflict: it was changed since `version` (0: never said).

    """
    store = _store(session, store_id)
    row = session.scalar(sa.select(StoreFence).where(StoreFence.store_id == store_id).with_for_update())
    _check_version(row.version if row else 0, version)
    if row is None:
        row = StoreFence(id=store_id, company_id=store.company_id, store_id=store_id, version=0)
        session.add(row)
    row.latitude, row.longitude, row.radius_m = place[0], place[1], radius
    row.version += 1
    record(session, now, "StoreFenceChanged", ("org_node", store_id), data={"radius_m": radius})
    session.flush()
    return row


def _company(session: ScopedSession) -> uuid.UUID:
    if session.caller.company_id is None:
        raise ValueError("settings belong to a company")
    return session.caller.company_id


def _store(session: ScopedSession, store_id: uuid.UUID) -> OrgNode:
    store = session.scalar(sa.select(OrgNode).where(OrgNode.id == store_id, OrgNode.kind == "store"))
    if store is None:
        raise not_found("org_node", store_id)
    return store


def _check_version(current: int, based_on: int) -> None:
    if current != based_on:
        raise Conflict(
            "evidence.changed_meanwhile", Text("设置已被他人修改", "It was changed meanwhile"), version=current
        )
