"""Where notes stand: their text as it is now, the version, and what people said, loaded for many notes at once."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from core.scope import ScopedSession
from speech.notes import Polarity
from speech.transcript import Transcript
from speech.vocabulary import Corrected
from workflows.notes.model import NoteCorrection, NoteReading
from workflows.notes.policy import Heard, Proposal, Reading, Said, Verdict, holding, readings_of
from workflows.visits.model import VoiceNote


class Standing(msgspec.Struct, frozen=True):
    """A note as people left it. `rereading`: its text is still to be read, `reading` is of the one before, if any.

    `source` is the id of the correction that gave the text, or the note's own where that is the heard one.
    `answers` are the ones that hold, by the proposal they are about.
    """

    version: int
    heard: Heard | None
    source: uuid.UUID
    text: str
    corrected_by: str | None
    corrected_at: dt.datetime | None
    rereading: bool
    reading: Reading
    answers: dict[uuid.UUID, Said]
    answered_at: dict[uuid.UUID, dt.datetime]

    @property
    def typed(self) -> bool:
        """Tell whether the text is a person's alone, because nothing could be heard."""
        return self.corrected_by is not None and not (self.heard and self.heard.transcript.text)


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
    heard = _heard(note.transcript)
    written = "" if heard is None else heard.written.text
    texts = [correction for correction in said if correction.text is not None]
    answers = [correction for correction in said if correction.proposal_id is not None]
    latest = texts[-1] if texts else None
    readings = readings_of(
        [
            *([] if note.read_by is None else [(note.id, written, note.read_by, note.heard)]),
            *(
                (correction.id, correction.text or "", read[correction.id].model, read[correction.id].issues)
                for correction in texts
                if correction.id in read
            ),
        ]
    )
    return Standing(
        version=len(said),
        heard=heard,
        source=latest.id if latest else note.id,
        text=written if latest is None else latest.text or "",
        corrected_by=latest.by_name if latest else None,
        corrected_at=latest.at if latest else None,
        rereading=latest.id not in read if latest else heard is not None and note.read_by is None,
        reading=readings[-1] if readings else Reading(note.id, written, "", ()),
        answers=holding(readings, map(_said, answers)),
        answered_at={answer.id: answer.at for answer in answers},
    )


def _heard(kept: dict[str, Any] | None) -> Heard | None:
    """Return what was heard; in a note of before there was a vocabulary, as it was heard."""
    if kept is None:
        return None
    transcript = msgspec.convert(kept, Transcript)
    written = msgspec.convert({"heard": transcript.text, **kept}, Corrected)
    return Heard(msgspec.structs.replace(transcript, text=written.heard), written)


def _said(answer: NoteCorrection) -> Said:
    of, verdict = msgspec.convert(answer.proposal, Proposal), cast("Verdict", answer.verdict)
    return Said(answer.id, of, verdict, answer.checkpoint, cast("Polarity | None", answer.polarity), answer.by_name)
