"""Visits, their photos and voice notes: /api/v1/visits, /photos, /voice-notes."""

import uuid
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, Router, get, post, put
from litestar.params import JSONBody, QueryParameter

from api.guard import needs
from api.inject import AwareTime, Id, TheCaller, ThePage, TheParts
from api.links import linker
from checklists.answers import Answer
from core.access.permissions import Action, require
from core.errors import not_found
from core.org import OrgNode
from core.paging import Page
from core.scope import ScopedSession
from workflows.notes.views import details_of
from workflows.visits import service
from workflows.visits.model import Photo, VoiceNote
from workflows.visits.views import NoteView, PhotoView, VisitDetail, VisitRow, list_visits, note_view, photo_view
from workflows.visits.views import visit_detail as detail

MOST_ANSWERS = 1000
MOST_MEDIA = 500
Ids = Annotated[tuple[uuid.UUID, ...], msgspec.Meta(max_length=MOST_MEDIA)]


class NewVisit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A visit to be planned (`planned_for`) or begun (`started_at`)."""

    store_id: uuid.UUID
    checklist_version_id: uuid.UUID
    planned_for: AwareTime | None = None
    started_at: AwareTime | None = None
    supervisor_id: uuid.UUID | None = None


class GivenAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to one item: a value of the kind the item asks for, or `not_applicable`."""

    item_id: str
    value: bool | int | float | str | None = None
    comment: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    not_applicable: bool = False


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a visit found; the ids may name photos and notes that are still on their way."""

    answers: Annotated[tuple[GivenAnswer, ...], msgspec.Meta(max_length=MOST_ANSWERS)]
    finished_at: AwareTime | None = None
    photo_ids: Ids = ()
    note_ids: Ids = ()


State = Literal["planned", "in_progress", "submitted"]


@get("/", opt=needs(Action.SEE_VISITS), sync_to_thread=True)
def visits(
    parts: TheParts,
    caller: TheCaller,
    page: ThePage,
    wanted: Annotated[State | None, QueryParameter(name="state")] = None,
    store_id: Annotated[uuid.UUID | None, QueryParameter()] = None,
    mine: Annotated[bool, QueryParameter()] = False,
) -> Page[VisitRow]:
    """List visits of the caller's part of the organisation (`mine`: the caller's own), the latest planned first."""
    with parts.database.snapshot(caller) as session:
        return list_visits(session, page, state=wanted, store_id=store_id, mine=mine)


@put("/{visit_id:uuid}", opt=needs(Action.DO_VISITS), sync_to_thread=True)
def put_visit(parts: TheParts, caller: TheCaller, visit_id: Id, data: JSONBody[NewVisit]) -> Response[VisitDetail]:
    """Plan or begin a visit under an id the client made; the same request again is answered alike."""
    with parts.database.transaction(caller) as session:
        _require_at(session, data.store_id)
        new = service.NewVisit(**msgspec.structs.asdict(data))
        visit, created = service.put(session, parts.clock.now(), visit_id, new)
        body = detail(session, visit, linker(parts, caller))
    return Response(body, status_code=201 if created else 200)


@get("/{visit_id:uuid}", opt=needs(Action.SEE_VISITS), sync_to_thread=True)
def visit(parts: TheParts, caller: TheCaller, visit_id: Id) -> VisitDetail:
    """Return one visit with everything recorded and found."""
    with parts.database.snapshot(caller) as session:
        return detail(session, service.get(session, visit_id), linker(parts, caller))


@post("/{visit_id:uuid}/submit", opt=needs(Action.DO_VISITS), status_code=200, sync_to_thread=True)
def submit_visit(parts: TheParts, caller: TheCaller, visit_id: Id, data: JSONBody[Submission]) -> VisitDetail:
    """Send a visit. The same content again returns the visit; other content is refused."""
    with parts.database.transaction(caller) as session:
        _require_at(session, service.get(session, visit_id).store_id)
        submission = service.Submission(
            answers=tuple(Answer(**msgspec.structs.asdict(answer)) for answer in data.answers),
            finished_at=data.finished_at,
            photo_ids=data.photo_ids,
            note_ids=data.note_ids,
        )
        sent = service.submit(session, parts.clock.now(), visit_id, submission)
        session.flush()
        return detail(session, sent, linker(parts, caller))


@get("/photos/{photo_id:uuid}", opt=needs(Action.SEE_VISITS), sync_to_thread=True)
def photo(parts: TheParts, caller: TheCaller, photo_id: Id) -> PhotoView:
    """Return a photo with what was seen on it."""
    with parts.database.snapshot(caller) as session:
        row = session.scalar(sa.select(Photo).where(Photo.id == photo_id))
        if row is None:
            raise not_found("photo", photo_id)
        return photo_view(row, linker(parts, caller))


@get("/voice-notes/{note_id:uuid}", opt=needs(Action.SEE_VISITS), sync_to_thread=True)
def voice_note(parts: TheParts, caller: TheCaller, note_id: Id) -> NoteView:
    """Return a voice note with what was heard in it."""
    with parts.database.snapshot(caller) as session:
        row = session.scalar(sa.select(VoiceNote).where(VoiceNote.id == note_id))
        if row is None:
            raise not_found("voice_note", note_id)
        return note_view(row, details_of(session, (row,))[row.id], linker(parts, caller))


def _require_at(session: ScopedSession, store_id: uuid.UUID) -> None:
    """Refuse a visit where the caller's role is not one that visits, though another role lets them see it."""
    store = session.scalar(sa.select(OrgNode).where(OrgNode.id == store_id))
    if store is None:
        raise not_found("store", store_id)
    require(session.caller, Action.DO_VISITS, store.path)


router = Router("/visits", route_handlers=[visits, put_visit, visit, submit_visit], tags=["visits"])
media_router = Router("/", route_handlers=[photo, voice_note], tags=["visits"])
