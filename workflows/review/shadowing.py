"""The job that lets a candidate model look at a live photo. Findings never hear of it."""

import datetime as dt
import uuid

import sqlalchemy as sa

from core.caller import system
from core.ids import derived_id
from core.jobs import Job, JobState, Ticket, enqueue
from core.queues import VISION
from core.scope import ScopedSession
from vision import overlay
from vision.errors import PhotoError
from vision.photo import open_photo
from vision.shelf import ShelfReading
from workflows import events as e
from workflows.pipeline import SHADOW, emit
from workflows.review.candidate import Candidate, difference
from workflows.review.model import ShadowLook
from workflows.review.policy import sampled
from workflows.tools import Effects, Tools
from workflows.visits.model import Photo

MOST_DELAYS = 60
DELAY = dt.timedelta(seconds=30)


def draw(session: ScopedSession, now: dt.datetime, candidate: Candidate | None, photo: Photo) -> None:
    """Give the photo to the candidate, if there is one and the photo is of its share."""
    if candidate is not None and sampled(photo.id, candidate.share):
        emit(session, now, e.ShadowDrawn(subject_id=photo.id, trace_id=photo.trace_id))


def shadow(tools: Tools, ticket: Ticket) -> Effects:
    """Look at one photo with the candidate, unless people or other photos wait for eyes: then later, or never."""
    candidate = tools.candidate
    if candidate is None:
        return _nothing  # the shadow was ended meanwhile
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        busy = _people_wait(session, tools.parts.clock.now())
        photo = session.scalar(sa.select(Photo).where(Photo.id == ticket.subject_id))
    if busy:
        return lambda session, now: _later(session, now, ticket)
    if photo is None or photo.reading is None:
        return _nothing
    try:
        picture = open_photo(tools.parts.blobs.read(photo.sha256), max_bytes=tools.parts.settings.max_photo_bytes)
    except PhotoError:
        return _nothing
    reading = candidate.reader().read(picture)
    seen = tuple(gap.box for gap in overlay.outermost(reading.gaps))
    return lambda session, now: _keep(session, now, photo.id, reading, seen)


def _nothing(_session: ScopedSession, _now: dt.datetime) -> None:
    pass


def _people_wait(session: ScopedSession, now: dt.datetime) -> bool:
    waiting = sa.select(Job.id).where(
        Job.queue.in_((VISION, SHADOW.queue)),
        Job.kind != SHADOW.kind,
        Job.state == JobState.READY,
        Job.run_at <= now,
    )
    return session.scalar(waiting.limit(1)) is not None


def _later(session: ScopedSession, now: dt.datetime, ticket: Ticket) -> None:
    delays = int(ticket.payload.get("delays", 0)) + 1
    if delays > MOST_DELAYS:
        return  # a sample may lack one
    enqueue(
        session, now, kind=SHADOW.kind, queue=SHADOW.queue, subject=(e.ShadowDrawn.about, ticket.subject_id),
        key=f"{SHADOW.kind}:{ticket.id}", payload={"delays": delays},
        trace_id=ticket.trace_id, after=DELAY,
    )  # fmt: skip


def _keep(
    session: ScopedSession,
    now: dt.datetime,
    photo_id: uuid.UUID,
    reading: ShelfReading,
    seen: tuple[tuple[int, int, int, int], ...],
) -> None:
    photo = session.scalars(sa.select(Photo).where(Photo.id == photo_id)).one()
    known = photo.reading or {}
    found = difference(tuple((b[0], b[1], b[2], b[3]) for b in (gap["box"] for gap in known.get("gaps", []))), seen)
    look_id = derived_id("shadow", photo.id, reading.model)
    if session.get(ShadowLook, look_id) is not None:
        return
    session.add(
        ShadowLook(
            id=look_id, company_id=photo.company_id, store_id=photo.store_id, photo_id=photo.id,
            current=known.get("model", ""), candidate=reading.model, looked_at=now,
            differs=bool(found.only_current or found.only_candidate), both=found.both,
            only_current=found.only_current, only_candidate=found.only_candidate,
            current_count=len(found.only_current), candidate_count=len(found.only_candidate),
            current_rate=photo.oos_rate, candidate_rate=reading.oos_rate, ms=reading.ms,
        )
    )  # fmt: skip
