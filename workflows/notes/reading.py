"""The job that reads a note's text as it is now: as it was heard, or as a person left it."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core.caller import system
from core.jobs import Job, JobState, Ticket
from core.scope import ScopedSession
from core.text import Text
from speech.notes import Understood
from speech.notes.goods import with_goods
from workflows import events as e
from workflows.notes.effects import settle
from workflows.notes.model import NoteReading
from workflows.notes.standing import standing_of
from workflows.pipeline import emit
from workflows.tools import Effects, Tools
from workflows.visits.model import VoiceNote

LONGEST_NAME = 80
FIRST_READ = Text("听到的文字已识别", "what was heard was read")
NOT_READ = Text(
    "文字保留着, 但多次未能识别其中的问题; 可以重新识别",
    "The text is kept, but what it says could not be understood; it can be read again",
)


def read_note(tools: Tools, ticket: Ticket) -> Effects:
    """Find the issues in a note's text; what the text before had and this one has not is withdrawn."""
    if tools.notes is None or tools.lexicon is None:
        raise RuntimeError("this worker was started without the speech queue")
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == ticket.subject_id)).one()
        standing = standing_of(session, note)
    if not standing.rereading:
        return _nothing
    vocabulary = tools.vocabularies.of(tools.parts.database, system(ticket.company_id), tools.lexicon)
    read = tools.notes.read(standing.text)
    understood = Understood(read.by, with_goods(read.issues, standing.text, vocabulary.goods))
    return lambda session, now: _keep(session, now, tools, note.id, standing.source, understood)


def _nothing(session: ScopedSession, now: dt.datetime) -> None:
    """Another job has read the text already."""


def _keep(
    session: ScopedSession,
    now: dt.datetime,
    tools: Tools,
    note_id: uuid.UUID,
    source: uuid.UUID,
    understood: Understood,
) -> None:
    note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == note_id).with_for_update()).one()
    standing = standing_of(session, note)
    if standing.source != source or not standing.rereading:
        return  # it was corrected again, and that text has a job of its own; or another job has read it
    by, issues = understood.by[:LONGEST_NAME], [msgspec.to_builtins(issue) for issue in understood.issues]
    corrected = source != note.id
    if corrected:
        owned = {"company_id": note.company_id, "store_id": note.store_id, "note_id": note.id}
        session.add(NoteReading(id=source, model=by, issues=issues, at=now, **owned))
    else:
        note.heard, note.heard_count, note.read_by = issues, len(issues), by
    note.unread = None
    session.flush()
    who = standing.corrected_by
    why = Text(f"{who} 更正了语音文字", f"{who} corrected the transcript") if corrected else FIRST_READ
    settle(session, now, note, standing_of(session, note), tools.library, why)
    told = {"issues": len(issues), "visit_id": str(note.visit_id), "read_by": by}
    kind = e.NoteReread if corrected else e.NoteRead
    emit(session, now, kind(subject_id=note.id, why=why, data=told, trace_id=note.trace_id))


def mark_unread(session: ScopedSession, ticket: Ticket) -> None:
    """Say on a note that its text could not be read, unless another job has read it or still will."""
    note = session.scalar(sa.select(VoiceNote).where(VoiceNote.id == ticket.subject_id).with_for_update())
    if note is not None and standing_of(session, note).rereading and not _is_awaited(session, ticket):
        note.unread = NOT_READ


def _is_awaited(session: ScopedSession, ticket: Ticket) -> bool:
    others = sa.select(Job.id).where(
        Job.kind == ticket.kind,
        Job.subject_id == ticket.subject_id,
        Job.id != ticket.id,
        Job.state.in_((JobState.READY, JobState.RUNNING)),
    )
    return session.scalar(others.limit(1)) is not None
