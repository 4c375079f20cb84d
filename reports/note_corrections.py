"""What people said of voice notes, as a data set: audio, the text heard and the text as it is right, and labels.

A note is in it once a person said something of it. A label's `by` tells who stands behind it: a person who answered it,
a person who put the text right (what was read in it is then as good as the rules), or the model alone.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator

import msgspec
import sqlalchemy as sa

from core.scope import ScopedSession
from core.storage import BlobMissing
from speech.notes import Value
from workflows.notes.model import NoteCorrection
from workflows.notes.policy import Proposal, Said, meant
from workflows.notes.standing import Standing, standings
from workflows.stores import stores_of
from workflows.visits.model import VoiceNote

BATCH = 100
ENDINGS = {
    "audio/webm": "webm", "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/mpeg": "mp3", "audio/wav": "wav",
    "audio/flac": "flac", "audio/amr": "amr",
}  # fmt: skip


class NoteLabel(msgspec.Struct, frozen=True):
    """One statement about a checkpoint: `checkpoint` and `polarity` as a person left them, `proposed…` as read.

    `span` are characters of `read_text`. `verdict` is the person's ("yes", "no": it is none, "other"), or None.
    """

    checkpoint: str
    proposed: str
    polarity: str
    proposed_polarity: str
    severity: str
    where: str | None
    what: str | None
    value: Value | None
    span: tuple[int, int]
    confidence: float
    verdict: str | None
    decided_by: str | None
    decided_at: dt.datetime | None


class TextCorrection(msgspec.Struct, frozen=True):
    """One change of the text."""

    before: str
    after: str
    by: str
    at: dt.datetime


class CorrectedNote(msgspec.Struct, frozen=True):
    """One note with everything people said of it; `audio` is None where the recording is not kept any more.

    `text` is as it is right now; `typed`: by a person, because nothing could be heard. `read_text` is the one in which
    the labels were read: the same, but for the moment
    between a correction and its reading.
    """

    note_id: uuid.UUID
    audio: str | None
    sha256: str
    media_type: str
    store: str
    visit_id: uuid.UUID
    captured_at: dt.datetime | None
    language: str | None
    model: str | None
    text_heard: str | None
    text: str
    typed: bool
    read_text: str
    read_by: str
    labels: tuple[NoteLabel, ...]
    corrections: tuple[TextCorrection, ...]


def corrected(session: ScopedSession) -> Iterator[CorrectedNote]:
    """Yield every note a person said something of, in the caller's part of the organisation, in the order of ids."""
    last: uuid.UUID | None = None
    said = sa.select(NoteCorrection.note_id)
    while True:
        query = sa.select(VoiceNote).where(VoiceNote.id.in_(said)).order_by(VoiceNote.id).limit(BATCH)
        batch = list(session.scalars(query if last is None else query.where(VoiceNote.id > last)))
        found, texts = standings(session, batch), _texts(session, batch)
        stores = stores_of(session, (note.store_id for note in batch))
        for note in batch:
            yield _of(note, found[note.id], stores[note.store_id].code, texts.get(note.id, ()))
        session.expunge_all()
        if len(batch) < BATCH:
            return
        last = batch[-1].id


def _texts(session: ScopedSession, notes: list[VoiceNote]) -> dict[uuid.UUID, tuple[TextCorrection, ...]]:
    rows = sa.select(NoteCorrection).where(
        NoteCorrection.note_id.in_([note.id for note in notes]), NoteCorrection.text.is_not(None)
    )
    made: dict[uuid.UUID, tuple[TextCorrection, ...]] = {}
    for row in session.scalars(rows.order_by(NoteCorrection.number)):
        change = TextCorrection(row.text_before or "", row.text or "", row.by_name, row.at)
        made[row.note_id] = (*made.get(row.note_id, ()), change)
    return made


def _of(note: VoiceNote, standing: Standing, store: str, texts: tuple[TextCorrection, ...]) -> CorrectedNote:
    heard, reading = standing.heard and standing.heard.transcript, standing.reading
    ending = ENDINGS.get(note.media_type.split(";")[0], "bin")
    return CorrectedNote(
        note_id=note.id, audio=None if note.audio_dropped_at else f"{note.id}.{ending}", sha256=note.sha256,
        media_type=note.media_type, store=store,
        visit_id=note.visit_id, captured_at=note.captured_at, language=heard.language if heard else None,
        model=heard.model if heard else None, text_heard=heard.text if heard else None, text=standing.text,
        typed=standing.typed,
        read_text=reading.text, read_by=reading.model, corrections=texts,
        labels=tuple(_label(standing, one, standing.answers.get(one.id)) for one in reading.proposals),
    )  # fmt: skip


def _label(standing: Standing, one: Proposal, said: Said | None) -> NoteLabel:
    checkpoint, polarity = meant(one, said)
    return NoteLabel(
        checkpoint=checkpoint, proposed=one.checkpoint, polarity=polarity, proposed_polarity=one.polarity,
        severity=one.severity, where=one.where, what=one.what, value=one.value, span=one.span,
        confidence=one.confidence, verdict=said.verdict if said else None, decided_by=said.by if said else None,
        decided_at=standing.answered_at[said.id] if said else None,
    )  # fmt: skip


def data_set(notes: Iterable[CorrectedNote], read: Callable[[str], bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) of every file of the data set, note by note; `read` returns a stored file's bytes."""
    lines: list[bytes] = []
    for note in notes:
        if note.audio is None:
            lines.append(msgspec.json.encode(note))
            continue
        try:
            audio = read(note.sha256)
        except BlobMissing:
            told = msgspec.structs.replace(note, audio=None)
        else:
            told = note
            yield f"audio/{note.audio}", audio
        lines.append(msgspec.json.encode(told))
    yield "manifest.jsonl", b"".join(line + b"\n" for line in lines)
