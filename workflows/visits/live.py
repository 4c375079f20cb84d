"""How far the analysis of visits is, for those who watch. Asked for several times a second, so it reads little."""

import uuid
from collections import defaultdict
from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from core.scope import ScopedSession
from workflows.notes.model import NoteCorrection
from workflows.visits.model import Photo, Visit, VoiceNote
from workflows.visits.views import Progress, jobs_before, progress_of


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
    """Return the present state of these visits, in six small queries however many they are."""
    photos: defaultdict[uuid.UUID, list[LivePhoto]] = defaultdict(list)
    notes: defaultdict[uuid.UUID, list[LiveNote]] = defaultdict(list)
    seen = sa.select(Photo.visit_id, Photo.id, Photo.state, Photo.gap_count, Photo.oos_rate)
    for row in session.execute(seen.where(Photo.visit_id.in_(visit_ids)).order_by(Photo.id)):
        photos[row.visit_id].append(LivePhoto(row.id, row.state, row.gap_count, row.oos_rate))
    typed: set[uuid.UUID] = set()
    written = sa.exists().where(NoteCorrection.note_id == VoiceNote.id, NoteCorrection.text.is_not(None))
    heard = sa.select(
        VoiceNote.visit_id, VoiceNote.id, VoiceNote.state, VoiceNote.heard_count, written.label("written")
    )
    for told in session.execute(heard.where(VoiceNote.visit_id.in_(visit_ids)).order_by(VoiceNote.id)):
        notes[told.visit_id].append(LiveNote(told.id, told.state, told.heard_count))
        typed |= {told.id} if told.written else set()
    visits = session.scalars(sa.select(Visit).where(Visit.id.in_(visit_ids)))
    before = jobs_before(session, visit_ids)
    return {
        visit.id: _live(visit, photos[visit.id], notes[visit.id], before.get(visit.id, ()), typed) for visit in visits
    }


def _live(
    visit: Visit, photos: list[LivePhoto], notes: list[LiveNote], before: Collection[str], typed: Collection[uuid.UUID]
) -> LiveVisit:
    progress = progress_of(visit, [*photos, *notes], before, typed)
    return LiveVisit(**msgspec.structs.asdict(progress), photos=tuple(photos), notes=tuple(notes))
