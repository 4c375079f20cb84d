"""The jobs that look for campaign material on a photo, and that say what a visit's photos show."""

import datetime as dt
import time
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists import service as checklists
from checklists.checkpoint import Library
from core.caller import system
from core.ids import derived_id
from core.jobs import Job, JobState, Ticket
from core.org import OrgNode
from core.scope import ScopedSession
from vision.errors import PhotoError
from vision.photo import open_photo
from vision.promo import MODEL, Look, Sighting, look
from workflows import events as e
from workflows import pipeline
from workflows.campaigns import policy
from workflows.campaigns.current import Piece, day_of, expected_of, pieces_at
from workflows.campaigns.model import Campaign, CampaignShowing, MaterialLook, MaterialSighting
from workflows.issues.model import Finding
from workflows.tools import Effects, Tools
from workflows.visits.model import MediaState, Photo, Visit, VisitState

IN_WORK = (JobState.READY, JobState.RUNNING)


class _Task(msgspec.Struct, frozen=True):
    """What is to be looked at, and for what."""

    photo_id: uuid.UUID
    sha256: str
    day: dt.date
    pieces: tuple[Piece, ...]
    for_material: bool
    sharp: bool


def nothing(_session: ScopedSession, _now: dt.datetime) -> None:
    """Change nothing: there was nothing to look for."""


def look_for_material(tools: Tools, ticket: Ticket) -> Effects:
    """Look for the artwork of campaigns at the photo's store; without any there, nothing is opened or loaded."""
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        task = _task(session, ticket.subject_id)
        if task is None:
            return nothing
        index = tools.artworks.index(tools.parts, session, (piece.artwork_id for piece in task.pieces))
    data = tools.parts.blobs.read(task.sha256)
    try:
        picture = open_photo(data, max_bytes=tools.parts.settings.max_photo_bytes)
    except PhotoError:
        return nothing  # it was seen before this, so this is a decoder's whim; the photo's row tells of unreadable ones
    started = time.perf_counter()
    seen = look(picture, index)
    ms = round((time.perf_counter() - started) * 1000)
    return lambda session, now: _note(session, now, task, seen, ms)


def _task(session: ScopedSession, photo_id: uuid.UUID) -> _Task | None:
    photo = session.scalars(sa.select(Photo).where(Photo.id == photo_id)).one()
    if photo.visit_id is None:
        return None
    store = session.scalars(sa.select(OrgNode).where(OrgNode.id == photo.store_id)).one()
    day = day_of(photo, store)
    pieces = tuple(pieces_at(session, store, day))
    if not pieces:
        return None
    visit = session.scalars(sa.select(Visit).where(Visit.id == photo.visit_id)).one()
    items = checklists.get(session, visit.checklist_version_id).content.items
    for_material = any(item.id == photo.item_id and item.checkpoint == policy.MATERIAL for item in items)
    quality = (photo.reading or {}).get("quality") or {}
    return _Task(photo.id, photo.sha256, day, pieces, for_material, bool(quality.get("ok", True)))


def _note(session: ScopedSession, now: dt.datetime, task: _Task, seen: Look, ms: int) -> None:
    photo = session.scalars(sa.select(Photo).where(Photo.id == task.photo_id)).one()
    if photo.visit_id is None:
        return
    for table, column in ((MaterialSighting, MaterialSighting.photo_id), (MaterialLook, MaterialLook.id)):
        session.execute(sa.delete(table).where(column == photo.id))  # an earlier look of this photo, were it run again
    owned: dict[str, Any] = {"company_id": photo.company_id, "store_id": photo.store_id, "visit_id": photo.visit_id}
    session.add(
        MaterialLook(
            id=photo.id, day=task.day, for_material=task.for_material, telling=seen.telling and task.sharp,
            model=MODEL, ms=ms, looked_at=now, **owned,
        )
    )  # fmt: skip
    by_key = {one.artwork: one for one in seen.sightings}
    for piece in task.pieces:
        sighting = by_key.get(str(piece.artwork_id))
        if sighting is not None and (sighting.found or piece.timing == "running"):
            session.add(_row(photo, piece, sighting, now, owned))
    session.flush()
    found = [one.artwork for one in seen.sightings if one.found]
    told = {"visit_id": str(photo.visit_id), "looked_for": len(task.pieces), "found": found}
    pipeline.emit(session, now, e.MaterialLookedFor(subject_id=photo.id, data=told, trace_id=photo.trace_id))


def _row(photo: Photo, piece: Piece, one: Sighting, now: dt.datetime, owned: dict[str, Any]) -> MaterialSighting:
    return MaterialSighting(
        id=derived_id("sighting", photo.id, piece.artwork_id), photo_id=photo.id, campaign_id=piece.campaign_id,
        artwork_id=piece.artwork_id, found=one.found, timing=piece.timing,
        corners=[list(corner) for corner in one.corners] if one.corners else None, visible=one.visible,
        in_frame=one.in_frame, angle=one.angle, upright=one.upright, score=one.score,
        rivals=[uuid.UUID(rival) for rival in one.rivals], copies=[msgspec.to_builtins(copy) for copy in one.copies],
        model=MODEL, seen_at=now, **owned,
    )  # fmt: skip


def sum_up_material(tools: Tools, ticket: Ticket) -> Effects:
    """Say what the photos of a visit show of its store's campaigns, as far as they have come."""

    def apply(session: ScopedSession, now: dt.datetime) -> None:
        visit_id = _visit_of(session, ticket)
        if visit_id is not None:
            sum_up(session, now, visit_id, tools.library)

    return apply


def _visit_of(session: ScopedSession, ticket: Ticket) -> uuid.UUID | None:
    if "visit_id" in ticket.payload:
        return uuid.UUID(ticket.payload["visit_id"])
    if ticket.payload.get("kind") == pipeline.SUM_UP_MATERIAL.kind:
        return None  # given up itself: doing it again would never end
    subject = uuid.UUID(ticket.payload.get("subject_id", str(ticket.subject_id)))
    if session.scalar(sa.select(Visit.id).where(Visit.id == subject)) is not None:
        return subject
    return session.scalar(sa.select(Photo.visit_id).where(Photo.id == subject))


def sum_up(session: ScopedSession, now: dt.datetime, visit_id: uuid.UUID, library: Library) -> None:
    """Write the findings and the showings of a visit that are due; called again, it adds what is new."""
    visit = session.scalars(sa.select(Visit).where(Visit.id == visit_id).with_for_update()).one()
    looks = list(
        session.scalars(sa.select(MaterialLook).where(MaterialLook.visit_id == visit_id).order_by(MaterialLook.id))
    )
    if not looks:
        return
    store = session.scalars(sa.select(OrgNode).where(OrgNode.id == visit.store_id)).one()
    expected = expected_of(pieces_at(session, store, max(one.day for one in looks)))
    rows = session.scalars(sa.select(MaterialSighting).where(MaterialSighting.visit_id == visit_id))
    judged = policy.judge(
        expected,
        [policy.Looked(one.id, one.for_material, one.telling) for one in looks],
        [_seen(row) for row in rows],
        complete=_complete(session, visit),
    )
    added = [_add_finding(session, now, visit, one, library) for one in judged.verdicts]
    for showing in judged.showings:
        _set_showing(session, now, visit, showing)
    session.flush()
    if any(added):
        told = {"visit_id": str(visit_id), "findings": sum(added)}
        pipeline.emit(session, now, e.MaterialJudged(subject_id=visit_id, data=told))


def _seen(row: MaterialSighting) -> policy.Seen:
    return policy.Seen(
        photo_id=row.photo_id, artwork_id=row.artwork_id, campaign_id=row.campaign_id, timing=row.timing,
        found=row.found, score=row.score, visible=row.visible, in_frame=row.in_frame, upright=row.upright,
        angle=row.angle, corners=row.corners, rivals=tuple(row.rivals),
    )  # fmt: skip


def _complete(session: ScopedSession, visit: Visit) -> bool:
    """Tell whether every photo of a sent visit has come and was looked at, as far as it can be."""
    if visit.state != VisitState.SUBMITTED:
        return False
    photos = {
        row.id: row.state for row in session.execute(sa.select(Photo.id, Photo.state).where(Photo.visit_id == visit.id))
    }
    if set(visit.expected_photos) - set(photos) or MediaState.STORED in photos.values():
        return False
    kinds = (pipeline.SEE.kind, pipeline.LOOK_FOR_MATERIAL.kind)
    open_jobs = (
        sa.select(Job.id).where(Job.subject_id.in_(photos), Job.kind.in_(kinds), Job.state.in_(IN_WORK)).limit(1)
    )
    return session.scalar(open_jobs) is None


def _add_finding(
    session: ScopedSession, now: dt.datetime, visit: Visit, verdict: policy.Verdict, library: Library
) -> bool:
    """Add the finding of a verdict unless it is there; tell whether it is new."""
    id_ = derived_id("finding", "material", visit.id, verdict.artwork_id, verdict.fault)
    if session.scalar(sa.select(Finding.id).where(Finding.id == id_)) is not None:
        return False
    of_old = verdict.fault == "expired" or (verdict.seen is not None and verdict.seen.timing == "ended")
    checkpoint = library.checkpoints[policy.EXPIRED if of_old else policy.MATERIAL]
    campaign = session.scalars(sa.select(Campaign).where(Campaign.id == verdict.campaign_id)).one()
    session.add(
        Finding(
            id=id_, company_id=visit.company_id, store_id=visit.store_id, visit_id=visit.id, photo_id=verdict.photo_id,
            source="vision", model=MODEL, checkpoint=checkpoint.code, dimension=checkpoint.dimension,
            severity=checkpoint.severity, score=verdict.seen.score if verdict.seen else None, raises=verdict.raises,
            place=_place(verdict), text=policy.words(verdict, campaign.name, campaign.ends), found_at=now,
        )
    )  # fmt: skip
    return True


def _place(verdict: policy.Verdict) -> dict[str, Any]:
    place: dict[str, Any] = {
        "photo_id": str(verdict.photo_id),
        "fault": verdict.fault,
        "campaign_id": str(verdict.campaign_id),
        "artwork_id": str(verdict.artwork_id),
    }
    if verdict.seen is not None:
        place |= {"corners": verdict.seen.corners, "visible": verdict.seen.visible, "angle": verdict.seen.angle}
    return place


def _set_showing(session: ScopedSession, now: dt.datetime, visit: Visit, showing: policy.Showing) -> None:
    id_ = derived_id("showing", visit.id, showing.campaign_id)
    row = session.scalar(sa.select(CampaignShowing).where(CampaignShowing.id == id_))
    if row is None:
        row = CampaignShowing(
            id=id_, company_id=visit.company_id, store_id=visit.store_id, visit_id=visit.id,
            campaign_id=showing.campaign_id, state=showing.state, photo_id=showing.photo_id, at=now,
        )  # fmt: skip
        session.add(row)
    row.state, row.photo_id, row.at = showing.state, showing.photo_id, visit.submitted_at or now
