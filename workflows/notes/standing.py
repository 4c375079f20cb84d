"""Where notes stand: their text as it is now, the version, and what people said, loaded for many notes at once."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from core.scope import ScopedSession
from speech.transcript import Transcript
from workflows.notes.model import NoteCorrection, NoteReading
from workflows.notes.policy import Reading, Said, Verdict, readings_of
from workflows.visits.model import VoiceNote


class Standing(msgspec.Struct, frozen=True):
    """A note as people left it. `rereading`: a corrected text is still to be read, `reading` is of the one before.

    `answers` are the ones that hold, by the proposal they are about.
    """

    version: int
    transcript: Transcript | None
    text: str
    corrected_by: str | None
    corrected_at: dt.datetime | None
    rereading: bool
    reading: Reading
    answers: dict[uuid.UUID, Said]
    answered_at: dict[uuid.UUID, dt.datetime]


def standing_of(session: ScopedSession, note: VoiceNote) -> Standing:
    """Return where one note stands."""
    return standings(session, (note,))[note.id]


def standings(session: ScopedSession, notes: Sequence[VoiceNote]) -> dict[uuid.UUID, Standing]:
    """Return where these notes stand, in two queries however many they are."""
    ids = [note.id for note in notes]
    said: defaultdict[uuid.UUID, list[NoteCorrection]] = defaultdict(list)
    corrections = sa.select(NoteCorrection).where(NoteCorrection.note_id.in_(ids)).order_by(NoteCorrection.number)
    for correction in session.scalars(corrections):
        said[correction.note_id].append(correction)
    read: defaultdict[uuid.UUID, dict[uuid.UUID, NoteReading]] = defaultdict(dict)
    for reading in session.scalars(sa.select(NoteReading).where(NoteReading.note_id.in_(ids))):
        read[reading.note_id][reading.id] = reading
    return {note.id: _standing(note, said[note.id], read[note.id]) for note in notes}


def _standing(note: VoiceNote, said: list[NoteCorrection], read: dict[uuid.UUID, NoteReading]) -> Standing:
    transcript, written = _heard(note.transcript)
    texts = [correction for correction in said if correction.text is not None]
    answers = [correction for correction in said if correction.proposal_id is not None]
    latest = texts[-1] if texts else None
    corrected = [
        (correction.id, correction.text or "", read[correction.id].model, read[correction.id].issues)
        for correction in texts
        if correction.id in read
    ]
    first = (note.id, written, "" if transcript is None else transcript.model, note.heard)
    readings = readings_of([first, *corrected])
    return Standing(
        version=len(said),
        transcript=transcript,
        text=written if latest is None else latest.text or "",
        corrected_by=latest.by_name if latest else None,
        corrected_at=latest.at if latest else None,
        rereading=latest is not None and latest.id not in read,
        reading=readings[-1],
        answers={answer.proposal_id: _said(answer) for answer in answers if answer.proposal_id is not None},
        answered_at={answer.id: answer.at for answer in answers},
    )


def _heard(kept: dict[str, Any] | None) -> tuple[Transcript | None, str]:
    """Return what was heard, and its text as the vocabulary put it right."""
    if kept is None:
        return None, ""
    transcript = msgspec.convert(kept, Transcript)
    return msgspec.structs.replace(transcript, text=kept.get("heard", transcript.text)), transcript.text


def _said(answer: NoteCorrection) -> Said:
    proposal_id, verdict = cast("uuid.UUID", answer.proposal_id), cast("Verdict", answer.verdict)
    return Said(answer.id, proposal_id, verdict, answer.checkpoint, answer.by_name)
