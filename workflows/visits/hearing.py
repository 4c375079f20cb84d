"""The job that listens to a voice note of a visit. What it says is read by the job that follows (`workflows.notes`)."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core.caller import system
from core.jobs import Ticket
from core.org import Person
from core.scope import ScopedSession
from core.text import Text
from speech.errors import AudioError
from speech.masking import mask_transcript
from speech.transcript import LANGUAGES, Transcript
from speech.vocabulary import Corrected, correct
from workflows import events as e
from workflows.pipeline import emit
from workflows.privacy.service import chosen
from workflows.tools import Effects, Tools
from workflows.visits.model import MediaState, VoiceNote


def hear(tools: Tools, ticket: Ticket) -> Effects:
    """Transcribe one note; a file that is no recording is marked so, for good.

    Raises:
        DecoderDied: decoding crashed or took too long; worth another attempt.

    """
    if tools.transcriber is None or tools.lexicon is None:
        raise RuntimeError("this worker was started without the speech queue")
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == ticket.subject_id)).one()
        masks = chosen(session).keeping.mask_numbers
        languages, expected = _spoken(session, note)
    vocabulary = tools.vocabularies.of(tools.parts.database, system(ticket.company_id), tools.lexicon)
    try:
        transcript = tools.transcriber.transcribe(tools.parts.blobs.read(note.sha256), languages, expected)
    except AudioError as error:
        problem = error.detail
        return lambda session, now: _mark_unreadable(session, now, note.id, problem)
    if masks:  # before anything is made of it: what is kept, found, told or logged knows no such number
        transcript = mask_transcript(transcript)
    corrected = correct(transcript.text, vocabulary)
    return lambda session, now: _note(session, now, note.id, transcript, corrected)


def _spoken(session: ScopedSession, note: VoiceNote) -> tuple[tuple[str, ...], str | None]:
    """Return the languages that may be spoken in a note, and the one its speaker's profile says.

    Of an unknown speaker (an upload by a machine) nothing is expected but a language of the company's people.
    """
    speaker = session.scalars(sa.select(Person.language).where(Person.id == note.spoken_by)).one_or_none()
    if speaker is not None:
        return LANGUAGES, speaker
    company = set(session.scalars(sa.select(Person.language).where(Person.active).distinct()))
    return tuple(language for language in LANGUAGES if language in company) or LANGUAGES, None


def _mark_unreadable(session: ScopedSession, now: dt.datetime, note_id: uuid.UUID, problem: Text) -> None:
    note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == note_id)).one()
    before, note.state, note.problem = note.state, MediaState.UNREADABLE, problem
    emit(
        session,
        now,
        e.NoteUnreadable(subject_id=note_id, change=(before, note.state), why=problem, trace_id=note.trace_id),
    )


def _note(
    session: ScopedSession, now: dt.datetime, note_id: uuid.UUID, transcript: Transcript, corrected: Corrected
) -> None:
    note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == note_id).with_for_update()).one()
    before, note.state, note.problem = note.state, MediaState.TRANSCRIBED, None
    note.transcript = msgspec.to_builtins(transcript) | msgspec.to_builtins(corrected)
    told = {"visit_id": str(note.visit_id)}
    change = (before, note.state)
    emit(session, now, e.NoteTranscribed(subject_id=note_id, change=change, data=told, trace_id=note.trace_id))
