"""Where photos come from: capture nonces, doubts, fences of stores, settings."""

import datetime as dt
import uuid
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Router, get, post, put
from litestar.params import JSONBody, QueryParameter

from api.guard import needs
from api.inject import Id, TheCaller, ThePage, TheParts
from api.links import linker
from core.access.permissions import Action, require
from core.errors import not_found
from core.org import OrgNode
from core.paging import Page
from workflows.evidence import service
from workflows.evidence.nonces import LIVES, Bearer, Nonces
from workflows.evidence.views import DoubtfulPhoto, EvidenceView, evidence_of, list_doubtful

MOST_NONCES = 100


class NonceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many nonces for photos at a store, taken along where there will be no network."""

    store_id: uuid.UUID
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_NONCES)] = 1


class GivenNonces(msgspec.Struct, frozen=True):
    """Nonces of the caller for that store, the server's time, and whether the company asks for a position."""

    nonces: tuple[str, ...]
    good_until: dt.datetime
    server_time: dt.datetime
    ask_position: bool


class EvidenceSettingsView(msgspec.Struct, frozen=True):
    """Whether phones are asked for their position; `version` 0: never chosen."""

    ask_position: bool
    version: int


class FenceView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a store is; `version` 0: to be said for the first time."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    radius_m: Annotated[float, msgspec.Meta(ge=20, le=20_000)] = 200.0
    version: int = 0


@post("/capture-nonces", opt=needs(Action.UPLOAD), status_code=200, sync_to_thread=True)
def capture_nonces(parts: TheParts, caller: TheCaller, data: JSONBody[NonceRequest]) -> GivenNonces:
    """Give nonces for photos that the caller is about to take at a store."""
    now = parts.clock.now()
    with parts.database.snapshot(caller) as session:
        store = session.scalar(sa.select(OrgNode).where(OrgNode.id == data.store_id, OrgNode.kind == "store"))
        if store is None:
            raise not_found("org_node", data.store_id)
        require(caller, Action.UPLOAD, store.path)
        chosen = service.settings(session)
    bearer = Bearer(store.company_id, caller.person_id, store.id)
    nonces = Nonces(parts.settings.secret_key)
    given = tuple(nonces.give(bearer, now) for _ in range(data.count))
    return GivenNonces(given, now + LIVES, now, chosen.ask_position if chosen else False)


@get("/photos/doubts", opt=needs(Action.SEE_DOUBTS), sync_to_thread=True)
def doubtful_photos(
    parts: TheParts, caller: TheCaller, page: ThePage, node_id: Annotated[uuid.UUID | None, QueryParameter()] = None
) -> Page[DoubtfulPhoto]:
    """List photos with doubts of the caller's part of the organisation, the latest first."""
    with parts.database.snapshot(caller) as session:
        return list_doubtful(session, linker(parts, caller), page, node_id=node_id)


@get("/photos/{photo_id:uuid}/evidence", opt=needs(Action.SEE_VISITS), sync_to_thread=True)
def photo_evidence(parts: TheParts, caller: TheCaller, photo_id: Id) -> EvidenceView:
    """Return what speaks for and against a photo."""
    with parts.database.snapshot(caller) as session:
        return evidence_of(session, photo_id)


@get("/evidence-settings", opt=needs(Action.SEE_ORGANISATION), sync_to_thread=True)
def evidence_settings(parts: TheParts, caller: TheCaller) -> EvidenceSettingsView:
    """Return what the company asks of its phones."""
    with parts.database.snapshot(caller) as session:
        chosen = service.settings(session)
        return EvidenceSettingsView(chosen.ask_position, chosen.version) if chosen else EvidenceSettingsView(False, 0)


@put("/evidence-settings", opt=needs(Action.CHANGE_EVIDENCE), sync_to_thread=True)
def put_evidence_settings(
    parts: TheParts, caller: TheCaller, data: JSONBody[EvidenceSettingsView]
) -> EvidenceSettingsView:
    """Choose whether phones are asked for their position."""
    with parts.database.transaction(caller) as session:
        chosen = service.choose(session, parts.clock.now(), ask_position=data.ask_position, version=data.version)
        return EvidenceSettingsView(chosen.ask_position, chosen.version)


@get("/stores/{store_id:uuid}/fence", opt=needs(Action.SEE_ORGANISATION), sync_to_thread=True)
def store_fence(parts: TheParts, caller: TheCaller, store_id: Id) -> FenceView | None:
    """Return where a store is, null where nobody said."""
    with parts.database.snapshot(caller) as session:
        found = service.fence(session, store_id)
        return FenceView(found.latitude, found.longitude, found.radius_m, found.version) if found else None


@put("/stores/{store_id:uuid}/fence", opt=needs(Action.CHANGE_EVIDENCE), sync_to_thread=True)
def put_store_fence(parts: TheParts, caller: TheCaller, store_id: Id, data: JSONBody[FenceView]) -> FenceView:
    """Say where a store is."""
    with parts.database.transaction(caller) as session:
        place = (data.latitude, data.longitude)
        row = service.put_fence(session, parts.clock.now(), store_id, place, data.radius_m, data.version)
        return FenceView(row.latitude, row.longitude, row.radius_m, row.version)


router = Router(
    "/",
    route_handlers=[
        capture_nonces, doubtful_photos, photo_evidence, evidence_settings, put_evidence_settings, store_fence,
        put_store_fence,
    ],
    tags=["evidence"],
)  # fmt: skip
