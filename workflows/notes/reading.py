"""The job that reads a corrected text anew."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core.caller import system
from core.jobs import Ticket
from core.scope import ScopedSession
from core.text import Text
from speech.notes import NoteIssue
from speech.notes.goods import with_goods
from workflows import events as e
from workflows.notes.effects import settle
from workflows.notes.model import NoteCorrection, NoteReading
from workflows.notes.standing import standing_of
from workflows.pipeline import emit
from workflows.tools import Effects, Tools
from workflows.visits.model import VoiceNote


def read_note(tools: Tools, ticket: Ticket) -> Effects:
    """Find the issues in a corrected text; what the text before had and this one has not is withdrawn."""
    if tools.notes is None or tools.lexicon is None:
        raise RuntimeError("this worker was started without the speech queue")
    correction_id = uuid.UUID(ticket.payload["correction_id"])
    with tools.parts.database.snapshot(system(ticket.company_id)) as session:
        text = session.scalars(sa.select(NoteCorrection.text).where(NoteCorrection.id == correction_id)).one() or ""
        vocabulary = tools.vocabularies.of(session, tools.lexicon)
    reader, found = tools.notes.name, with_goods(tools.notes.issues(text), text, vocabulary.goods)
    return lambda session, now: _note(session, now, tools, ticket.subject_id, correction_id, reader, found)


def _note(
    session: ScopedSession,
    now: dt.datetime,
    tools: Tools,
    note_id: uuid.UUID,
    correction_id: uuid.UUID,
    reader: str,
    found: tuple[NoteIssue, ...],
) -> None:
    note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == note_id).with_for_update()).one()
    texts = sa.select(NoteCorrection).where(NoteCorrection.note_id == note_id, NoteCorrection.text.is_not(None))
    latest = session.scalars(texts.order_by(NoteCorrection.number.desc()).limit(1)).one()
    if latest.id != correction_id or session.get(NoteReading, correction_id) is not None:
        return  # it was corrected again: that text has a job of its own
    session.add(
        NoteReading(
            id=correction_id, company_id=note.company_id, store_id=note.store_id, note_id=note.id, model=reader,
            issues=[msgspec.to_builtins(issue) for issue in found], at=now,
        )
    )  # fmt: skip
    session.flush()
    why = Text(f"{latest.by_name} 更正了语音文字", f"{latest.by_name} corrected the transcript")
    settle(session, now, note, standing_of(session, note), tools.library, why)
    told = {"issues": len(found), "visit_id": str(note.visit_id), "correction_id": str(correction_id)}
    emit(session, now, e.NoteReread(subject_id=note.id, why=why, data=told, trace_id=note.trace_id))
