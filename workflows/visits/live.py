"""How far the analysis of visits is, for those who watch: small, and one query for all of them."""

import uuid
from collections import defaultdict
from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from core.scope import ScopedSession
from workflows.visits.model import Photo, Visit, VoiceNote
from workflows.visits.views import Progress, progress_of


class LivePhoto(msgspec.Struct, frozen=True):
    """A photo's state and, once seen, how many gaps it shows and what share of the shelf is empty."""

    id: uuid.UUID
    state: str
    gaps: int | None
    oos_rate: float | None


class LiveNote(msgspec.Struct, frozen=True):
    """A voice note's state and, once heard, how many statements were understood."""

    id: uuid.UUID
    state: str
    issues: int


class LiveVisit(Progress, frozen=True, kw_only=True):
    """A visit's progress with its photos and notes."""

    photos: tuple[LivePhoto, ...]
    notes: tuple[LiveNote, ...]


def look(session: ScopedSession, visit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, LiveVisit]:
    """Return the present state of these visits."""
    photos, notes = defaultdict(list), defaultdict(list)
    for photo in session.scalars(sa.select(Photo).where(Photo.visit_id.in_(visit_ids)).order_by(Photo.id)):
        photos[photo.visit_id].append(photo)
    for note in session.scalars(sa.select(VoiceNote).where(VoiceNote.visit_id.in_(visit_ids)).order_by(VoiceNote.id)):
        notes[note.visit_id].append(note)
    visits = session.scalars(sa.select(Visit).where(Visit.id.in_(visit_ids)))
    return {visit.id: _live(visit, photos[visit.id], notes[visit.id]) for visit in visits}


def _live(visit: Visit, photos: list[Photo], notes: list[VoiceNote]) -> LiveVisit:
    progress = progress_of(visit, [*photos, *notes])
    return LiveVisit(
        **msgspec.structs.asdict(progress),
        photos=tuple(_photo(photo) for photo in photos),
        notes=tuple(LiveNote(note.id, note.state, len(note.heard)) for note in notes),
    )


def _photo(photo: Photo) -> LivePhoto:
    reading = photo.reading
    if reading is None:
        return LivePhoto(photo.id, photo.state, None, None)
    return LivePhoto(photo.id, photo.state, len(reading["gaps"]), reading["oos_rate"])
