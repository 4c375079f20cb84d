"""The job that listens to a voice note of a visit."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core.caller import system
from core.ids import derived_id
from core.jobs import Ticket
from core.org import Person
from core.scope import ScopedSession
from core.text import Text
from speech.errors import AudioError
from speech.masking import mask_transcript
from speech.notes import NoteIssue
from speech.notes.goods import with_goods
from speech.transcript import LANGUAGES, Transcript
from speech.vocabulary import Corrected, correct
from workflows import events as e
from workflows.issues.model import Finding
from workflows.pipeline import emit
from workflows.privacy.service import chosen
from workflows.tools import Effects, Tools
from workflows.visits.model import MediaState, VoiceNote

SURE = 0.6
"""From this confidence on, a heard problem opens an issue by itself; below, it is shown with the visit only."""


def hear(tools: Tools, ticket: Ticket) -> Effects:
    """Transcribe one note and find the problems it names; a file that is no recording is marked so, for good.

    Raises:
        DecoderDied: decoding crashed or took too long; worth another attempt.

    """
    if tools.transcriber is None or tools.notes is None or tools.lexicon is None:
        raise RuntimeError("this worker was started without the speech queue")
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == ticket.subject_id)).one()
        masks = chosen(session).keeping.mask_numbers
        vocabulary = tools.vocabularies.of(session, tools.lexicon)
        languages, expected = _spoken(session, note)
    try:
        transcript = tools.transcriber.transcribe(tools.parts.blobs.read(note.sha256), languages, expected)
    except AudioError as error:
        problem = error.detail
        return lambda session, now: _mark_unreadable(session, now, note.id, problem)
    if masks:  # before anything is made of it: what is kept, found, told or logged knows no such number
        transcript = mask_transcript(transcript)
    corrected = correct(transcript.text, vocabulary)
    heard = with_goods(tools.notes.issues(corrected.text), corrected.text, vocabulary.goods)
    return lambda session, now: _note(session, now, note.id, transcript, corrected, heard)


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
    session: ScopedSession,
    now: dt.datetime,
    note_id: uuid.UUID,
    transcript: Transcript,
    corrected: Corrected,
    heard: tuple[NoteIssue, ...],
) -> None:
    note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == note_id)).one()
    before, note.state, note.problem = note.state, MediaState.TRANSCRIBED, None
    note.transcript = msgspec.to_builtins(transcript) | msgspec.to_builtins(corrected)
    note.heard, note.heard_count = [msgspec.to_builtins(issue) for issue in heard], len(heard)
    for number, issue in enumerate(heard):
        if issue.polarity == "problem":
            session.add(_finding(now, note, transcript, corrected, issue, number))
    session.flush()
    emit(
        session,
        now,
        e.NoteTranscribed(
            subject_id=note_id, change=(before, note.state),
            data={"issues": len(heard), "visit_id": str(note.visit_id)}, trace_id=note.trace_id,
        ),
    )  # fmt: skip


def _finding(
    now: dt.datetime, note: VoiceNote, transcript: Transcript, corrected: Corrected, issue: NoteIssue, number: int
) -> Finding:
    said = corrected.text[slice(*issue.span)].strip()
    second = transcript.seconds_of(corrected.heard_span(issue.span))[0]
    return Finding(
        id=derived_id("finding", note.id, number), company_id=note.company_id, store_id=note.store_id,
        visit_id=note.visit_id, note_id=note.id, source="speech", model=transcript.model,
        checkpoint=issue.checkpoint, dimension=issue.dimension, severity=issue.severity, score=issue.confidence,
        raises=issue.confidence >= SURE,
        place={"note_id": str(note.id), "span": list(issue.span), "second": second},
        text=Text(f"语音: “{said}”", f"Said: “{said}”"), found_at=now,
    )  # fmt: skip
