"""Corrections of voice notes: kept for good, based on a version, answered alike when sent again."""

import datetime as dt
import hashlib
import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from checklists.checkpoint import Library
from core.access.permissions import Action, allowed, require
from core.caller import Caller
from core.errors import Conflict, ContentDiffers, not_found, stale
from core.jobs import Job, JobState
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from speech.masking import mask
from speech.notes import Polarity
from workflows import desk
from workflows import events as e
from workflows.notes.effects import settle
from workflows.notes.model import NoteCorrection
from workflows.notes.policy import Verdict, check_answer
from workflows.notes.standing import Standing, standing_of
from workflows.pipeline import READ_NOTE, emit
from workflows.privacy.service import chosen
from workflows.visits.model import MediaState, Visit, VoiceNote

VERDICTS: dict[Verdict, Text] = {
    "yes": Text("说得对", "yes"),
    "no": Text("不是", "no"),
    "other": Text("属于其他检查点", "another checkpoint"),
}
POLARITIES: dict[Polarity, Text] = {
    "problem": Text("是问题", "it is a problem"),
    "ok": Text("没有问题", "it is fine"),
}


def may_correct(caller: Caller, supervisor_id: uuid.UUID | None, path: str) -> bool:
    """Tell whether the caller may correct notes of a visit: its supervisor, or who reviews at the store of `path`."""
    return (supervisor_id is not None and supervisor_id == caller.person_id) or allowed(
        caller, Action.CORRECT_NOTES, path
    )


def _locked(session: ScopedSession, note_id: uuid.UUID) -> VoiceNote:
    return _theirs(session, note_id, sa.select(VoiceNote).with_for_update())


def _theirs(session: ScopedSession, note_id: uuid.UUID, notes: sa.Select[VoiceNote]) -> VoiceNote:
    note = session.scalar(notes.where(VoiceNote.id == note_id))
    if note is None:
        raise not_found("voice_note", note_id)
    path = session.scalars(sa.select(OrgNode.path).where(OrgNode.id == note.store_id)).one()
    supervisor_id = session.scalars(sa.select(Visit.supervisor_id).where(Visit.id == note.visit_id)).one()
    if not may_correct(session.caller, supervisor_id, path):
        require(session.caller, Action.CORRECT_NOTES, path)
    return note


def correct_text(
    session: ScopedSession, now: dt.datetime, note_id: uuid.UUID, correction_id: uuid.UUID, version: int, text: str
) -> VoiceNote:
    """Put a note's text right, or type one that could not be heard; a job reads it. What was heard stays.

    The same request again changes nothing.

    Raises:
        NotFound, Forbidden: no such note in the caller's part of the organisation, or not theirs to correct.
        Conflict: `note.not_heard`, it is still being listened to.
        StaleVersion: somebody said something of it meanwhile.
        ContentDiffers: the id is taken by another correction.

    """
    note = _locked(session, note_id)
    masks = chosen(session).keeping.mask_numbers
    kept = mask(text).text if masks else text  # before anything is kept of it, a hash included
    digest = _digest(note_id, kept)
    # The first request may have come before numbers were masked.
    if _is_there(session, correction_id, digest, _digest(note_id, text)):
        return note
    standing = _standing(session, note, version)
    before = mask(standing.text).text if masks and standing.text else standing.text
    _keep(session, now, note, standing, correction_id, digest, text_before=before, text=kept)
    note.unread = None
    told = {"correction_id": str(correction_id), "visit_id": str(note.visit_id)}
    emit(session, now, e.NoteCorrected(subject_id=note.id, data=told, trace_id=note.trace_id))
    return note


def answer(
    session: ScopedSession,
    now: dt.datetime,
    note_id: uuid.UUID,
    answer_id: uuid.UUID,
    version: int,
    proposal_id: uuid.UUID,
    verdict: Verdict,
    checkpoint: str | None,
    polarity: Polarity | None,
    library: Library,
) -> VoiceNote:
    """Say whether a proposed issue was heard rightly, or what was meant; the findings follow at once.

    The latest answer holds.

    Raises:
        NotFound, Forbidden, Conflict, ContentDiffers: as `correct_text`; or no such checkpoint.
        Invalid: `note.answer`, what was meant is missing or too much.
        StaleVersion: somebody said something of it meanwhile, or it was read anew and the proposal is gone.

    """
    note = _locked(session, note_id)
    digest = _digest(note_id, proposal_id, verdict, checkpoint, *([polarity] if polarity else []))
    if _is_there(session, answer_id, digest):
        return note
    check_answer(verdict, checkpoint, polarity)
    if checkpoint is not None and checkpoint not in library.checkpoints:
        raise not_found("checkpoint", checkpoint)
    standing = _standing(session, note, version)
    proposal = next((one for one in standing.reading.proposals if one.id == proposal_id), None)
    if proposal is None:
        raise stale("note", standing.version)
    _keep(
        session, now, note, standing, answer_id, digest, proposal_id=proposal_id,
        proposal=msgspec.to_builtins(proposal), verdict=verdict, checkpoint=checkpoint,
        polarity=None if verdict == "no" else polarity or proposal.polarity,
    )  # fmt: skip
    words = POLARITIES[polarity] if polarity and polarity != proposal.polarity else VERDICTS[verdict]
    by, said = session.caller.actor.name, proposal.said
    why = Text(f"{by}: “{said}” {words.zh}", f"{by} on “{said}”: {words.en}")
    settle(session, now, note, standing_of(session, note), library, why)
    told = {"answer_id": str(answer_id), "visit_id": str(note.visit_id), "verdict": verdict}
    emit(session, now, e.NoteAnswered(subject_id=note.id, why=why, data=told, trace_id=note.trace_id))
    return note


def read_again(session: ScopedSession, now: dt.datetime, note_id: uuid.UUID) -> VoiceNote:
    """Have a text read that could not be; where it is being read, or was, nothing changes.

    Raises:
        NotFound, Forbidden: as `correct_text`.

    """
    note = _theirs(session, note_id, sa.select(VoiceNote))  # not locked: the job comes first, as for those who end it
    dead = sa.select(Job).where(Job.kind == READ_NOTE.kind, Job.subject_id == note_id, Job.state == JobState.DEAD)
    job = session.scalar(dead.order_by(Job.finished_at.desc()).limit(1).with_for_update())
    if note.unread is not None and job is not None:
        desk.rerun(session, now, job.id, job.version)
        session.refresh(note)
    return note


def _standing(session: ScopedSession, note: VoiceNote, version: int) -> Standing:
    standing = standing_of(session, note)
    if note.state == MediaState.STORED and standing.version == 0:  # else a person said what it says, whatever is heard
        raise Conflict("note.not_heard", Text("语音还在识别, 请稍后", "The note is still being listened to"))
    if standing.version != version:
        raise stale("note", standing.version)
    return standing


def _digest(*content: object) -> str:
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _is_there(session: ScopedSession, correction_id: uuid.UUID, *digests: str) -> bool:
    # A plain table: an id that is taken elsewhere must be refused here and not by the primary key.
    table = NoteCorrection.__table__
    taken = session.scalar(sa.select(table.c.content_hash).where(table.c.id == correction_id))
    if taken is not None and taken not in digests:
        raise ContentDiffers(
            "note.content_differs", Text("此编号已用于另一个更正", "This id is already used for another correction")
        )
    return taken is not None


def _keep(
    session: ScopedSession,
    now: dt.datetime,
    note: VoiceNote,
    standing: Standing,
    correction_id: uuid.UUID,
    digest: str,
    **said: Any,
) -> None:
    actor = session.caller.actor
    session.add(
        NoteCorrection(
            id=correction_id, company_id=note.company_id, store_id=note.store_id, note_id=note.id,
            number=standing.version + 1, by_id=actor.id, by_name=actor.name, at=now, content_hash=digest, **said,
        )
    )  # fmt: skip
    session.flush()
