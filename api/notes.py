"""What people put right in voice notes, and all of it as a data set: /api/v1/voice-notes/…/text, …/answer, /notes."""

import uuid
from collections.abc import Iterator
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Router, get, post
from litestar.params import JSONBody
from litestar.response import Stream

from api.guard import needs
from api.inject import Id, TheCaller, TheParts
from api.links import linker
from api.standards import LIBRARY
from core.access.permissions import Action
from core.caller import Caller
from core.parts import Parts
from reports import note_corrections
from reports.corrections import zipped
from speech.notes import LONGEST_NOTE, Polarity
from workflows.notes import service
from workflows.notes.policy import Verdict
from workflows.notes.views import details_of
from workflows.visits.model import VoiceNote
from workflows.visits.views import NoteView, note_view


class TextBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A corrected text, and the version of the note it corrects; `id` is made by the client."""

    id: uuid.UUID
    version: int
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)]


class AnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to one proposed issue. With "other" goes what was meant: `checkpoint`, `polarity`, or both."""

    id: uuid.UUID
    version: int
    issue_id: uuid.UUID
    verdict: Verdict
    checkpoint: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    polarity: Polarity | None = None


@post("/voice-notes/{note_id:uuid}/text", opt=needs(Action.CORRECT_NOTES), status_code=200, sync_to_thread=True)
def correct_text(parts: TheParts, caller: TheCaller, note_id: Id, data: JSONBody[TextBody]) -> NoteView:
    """Put the text of a note right; it is read anew a moment later. What was heard is kept beside it."""
    with parts.database.transaction(caller) as session:
        service.correct_text(session, parts.clock.now(), note_id, data.id, data.version, data.text.strip())
    return _view(parts, caller, note_id)


@post("/voice-notes/{note_id:uuid}/answer", opt=needs(Action.CORRECT_NOTES), status_code=200, sync_to_thread=True)
def answer(parts: TheParts, caller: TheCaller, note_id: Id, data: JSONBody[AnswerBody]) -> NoteView:
    """Say whether a proposed issue was heard rightly, or which checkpoint was meant, and whether it is a problem."""
    now = parts.clock.now()
    with parts.database.transaction(caller) as session:
        service.answer(
            session, now, note_id, data.id, data.version, data.issue_id, data.verdict, data.checkpoint, data.polarity,
            LIBRARY,
        )  # fmt: skip
    return _view(parts, caller, note_id)


@post("/voice-notes/{note_id:uuid}/read-again", opt=needs(Action.CORRECT_NOTES), status_code=200, sync_to_thread=True)
def read_again(parts: TheParts, caller: TheCaller, note_id: Id) -> NoteView:
    """Have a note read whose text could not be (`unread` tells why); asked again meanwhile, nothing changes."""
    with parts.database.transaction(caller) as session:
        service.read_again(session, parts.clock.now(), note_id)
    return _view(parts, caller, note_id)


@get("/notes/export", opt=needs(Action.EXPORT_CORRECTIONS), sync_to_thread=True, media_type="application/zip")
def export(parts: TheParts, caller: TheCaller) -> Stream:
    """Return every note a person said something of, with its audio and labels, in a zip made while it is sent."""

    def pieces() -> Iterator[bytes]:
        with parts.database.snapshot(caller) as session:
            yield from zipped(note_corrections.data_set(note_corrections.corrected(session), parts.blobs.read))

    headers = {"content-disposition": 'attachment; filename="voice-notes.zip"', "cache-control": "no-store"}
    return Stream(pieces(), media_type="application/zip", headers=headers)


def _view(parts: Parts, caller: Caller, note_id: uuid.UUID) -> NoteView:
    """Return the note as it is shown, after the write: lining up texts must keep nobody from writing."""
    with parts.database.snapshot(caller) as session:
        note = session.scalars(sa.select(VoiceNote).where(VoiceNote.id == note_id)).one()
        return note_view(note, details_of(session, (note,))[note.id], linker(parts, caller))


router = Router("/", route_handlers=[correct_text, answer, read_again, export], tags=["voice notes"])
