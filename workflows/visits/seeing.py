"""The job that looks at a photo of a visit."""

import datetime as dt
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.checkpoint import Checkpoint
from core.caller import system
from core.ids import derived_id
from core.jobs import Ticket
from core.scope import ScopedSession
from core.text import Text
from vision import overlay
from vision.errors import PhotoError
from vision.integrity.file_facts import carries_metadata
from vision.integrity.prints import Print, kept_prints
from vision.photo import Photo as Picture
from vision.photo import open_photo, thumbnail
from vision.shelf import ShelfReading
from workflows import events as e
from workflows.evidence.weighing import keep_prints
from workflows.issues.model import Finding
from workflows.pipeline import emit
from workflows.review.asking import judge_reading
from workflows.review.policy import Outcome
from workflows.review.shadowing import draw
from workflows.tools import Effects, Tools, keep
from workflows.visits.model import MediaState, Photo

THUMB_SIDE = 320
DISPLAY_SIDE = 1600


class Seen(msgspec.Struct, frozen=True):
    """A photo as the worker saw it, with the pictures it made."""

    reading: ShelfReading
    thumb_sha256: str
    display_sha256: str
    overlay_sha256: str
    prints: tuple[Print, ...]


def see(tools: Tools, ticket: Ticket) -> Effects:
    """Analyse one photo: gaps, rows, quality, overlay; a file that is no photo is marked so, for good."""
    photo = load_photo(tools, ticket)
    try:
        seen = look(tools, photo.sha256)
    except PhotoError as error:
        problem = error.detail
        return lambda session, now: mark_unreadable(session, now, photo.id, problem)
    return lambda session, now: _note(session, now, tools, photo.id, seen)


def load_photo(tools: Tools, ticket: Ticket) -> Photo:
    """Return the photo a ticket is about."""
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        return session.scalars(sa.select(Photo).where(Photo.id == ticket.subject_id)).one()


def look(tools: Tools, sha256: str) -> Seen:
    """Read a stored photo and keep the pictures made of it: a small one, one for a screen, and the overlay.

    Raises:
        PhotoError: the file is no photo we can show.

    """
    if tools.reader is None:
        raise RuntimeError("this worker was started without the vision queue")
    data = tools.parts.blobs.read(sha256)
    picture = open_photo(data, max_bytes=tools.parts.settings.max_photo_bytes)
    reading = tools.reader.read(picture)
    # What is told is what is drawn: a long gap is one place, though the model may mark its slots as well.
    reading = msgspec.structs.replace(reading, gaps=tuple(overlay.outermost(reading.gaps)))
    return Seen(
        reading=reading,
        thumb_sha256=keep(tools.parts, thumbnail(picture, THUMB_SIDE), "image/jpeg"),
        display_sha256=_display(tools, picture, data),
        overlay_sha256=keep(tools.parts, overlay.draw(picture, reading), "image/jpeg"),
        prints=kept_prints(picture),
    )


def _display(tools: Tools, picture: Picture, data: bytes) -> str:
    """Return the hash of what a screen shows: many browsers know no HEIC, none needs 50 megapixels.

    Nor does it tell where the photo was taken: a file with EXIF or XMP is evidence and is not what is shown.
    """
    small = max(picture.width, picture.height) <= DISPLAY_SIDE
    if picture.media_type == "image/jpeg" and small and not carries_metadata(data):
        return picture.sha256
    return keep(tools.parts, thumbnail(picture, DISPLAY_SIDE), "image/jpeg")


def describe(photo: Photo, seen: Seen) -> None:
    """Write what was seen onto the photo's row."""
    photo.state, photo.problem = MediaState.ANALYSED, None
    photo.reading = msgspec.to_builtins(seen.reading)
    photo.gap_count, photo.oos_rate = len(seen.reading.gaps), seen.reading.oos_rate
    photo.thumb_sha256, photo.display_sha256 = seen.thumb_sha256, seen.display_sha256
    photo.overlay_sha256 = seen.overlay_sha256


def mark_unreadable(session: ScopedSession, now: dt.datetime, photo_id: uuid.UUID, problem: Text) -> None:
    """Tell on the photo's row why it cannot be shown."""
    photo = session.scalars(sa.select(Photo).where(Photo.id == photo_id)).one()
    before, photo.state, photo.problem = photo.state, MediaState.UNREADABLE, problem
    emit(
        session,
        now,
        e.PhotoUnreadable(subject_id=photo_id, change=(before, photo.state), why=problem, trace_id=photo.trace_id),
    )


def _note(session: ScopedSession, now: dt.datetime, tools: Tools, photo_id: uuid.UUID, seen: Seen) -> None:
    photo = session.scalars(sa.select(Photo).where(Photo.id == photo_id)).one()
    before = photo.state
    describe(photo, seen)
    keep_prints(session, photo, seen.prints)  # at once: an after photo may be examined before this one is weighed
    for checkpoint in tools.library.seeing("gap") if seen.reading.gaps else ():
        limit = tools.parts.settings.gap_limit if checkpoint.limit is None else checkpoint.limit
        ruling = judge_reading(session, now, photo, seen.reading, checkpoint, limit)
        session.add(_finding(now, photo, seen.reading, checkpoint, ruling.outcome, limit))
    draw(session, now, tools.candidate, photo)
    session.flush()
    told: dict[str, Any] = {"gaps": len(seen.reading.gaps), "oos_rate": seen.reading.oos_rate}
    emit(
        session,
        now,
        e.PhotoAnalysed(
            subject_id=photo_id, change=(before, photo.state), data={**told, "visit_id": str(photo.visit_id)},
            trace_id=photo.trace_id,
        ),
    )  # fmt: skip


def _finding(
    now: dt.datetime, photo: Photo, reading: ShelfReading, checkpoint: Checkpoint, outcome: Outcome, limit: float
) -> Finding:
    rate, count = reading.oos_rate, len(reading.gaps)
    return Finding(
        id=derived_id("finding", photo.id, checkpoint.code), company_id=photo.company_id, store_id=photo.store_id,
        visit_id=photo.visit_id, photo_id=photo.id, source="vision", model=reading.model, checkpoint=checkpoint.code,
        dimension=checkpoint.dimension, severity=checkpoint.severity, score=max(gap.score for gap in reading.gaps),
        raises=outcome == "open",
        place={
            "photo_id": str(photo.id), "boxes": [list(gap.box) for gap in reading.gaps], "oos_rate": rate,
            "outcome": outcome, "limit": limit,
        },
        text=_words(count, rate), found_at=now,
    )  # fmt: skip


def _words(count: int, rate: float | None) -> Text:
    seen = Text(f"发现 {count} 处空位", f"{count} empty {'place' if count == 1 else 'places'} seen")
    if rate is None:
        return seen
    if rate == 0:
        return Text(f"{seen.zh}, 都不在货架层上, 未计入缺货率", f"{seen.en} beside the shelf rows, not counted")
    share = "<1%" if rate < 0.01 else f"{rate:.0%}"
    return Text(f"{seen.zh}, 缺货率 {share}", f"{seen.en}, {share} of the shelf")
