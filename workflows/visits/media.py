"""Photos and voice notes join their visit or task here, whichever way their bytes came in."""

import datetime as dt
import uuid
from typing import Literal, cast

import msgspec
import sqlalchemy as sa

from core.access.permissions import Action, require
from core.errors import Conflict, ContentDiffers, not_found
from core.ids import new_id
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows import pipeline
from workflows.evidence.claims import Claims
from workflows.evidence.service import keep_claims
from workflows.tasks.model import Task, TaskState
from workflows.tasks.service import lock
from workflows.verification.service import submit_fix
from workflows.visits.model import Photo, StoredFile, Visit, VisitState, VoiceNote


class StoredRef(msgspec.Struct, frozen=True):
    """A file that the blob store holds."""

    sha256: str
    size: int
    media_type: str


class MediaTarget(msgspec.Struct, frozen=True):
    """What a file is to become: a photo or voice note of a visit, or the after photo of a task."""

    kind: Literal["photo", "voice", "after"]
    id: uuid.UUID
    visit_id: uuid.UUID | None = None
    task_id: uuid.UUID | None = None
    item_id: str | None = None
    source: str | None = None
    captured_at: dt.datetime | None = None
    claims: Claims = Claims()


def check_target(session: ScopedSession, target: MediaTarget) -> None:
    """Return when the caller may add this file there.

    Raises:
        NotFound: no such visit or task in the caller's part of the organisation.
        Forbidden: the caller's role there neither visits nor fixes.
        Conflict: the task is closed; or the visit was sent without announcing this file.

    """
    if target.kind == "after":
        _check_task(session, target)
    else:
        _check_visit(session, target)


def _check_task(session: ScopedSession, target: MediaTarget) -> None:
    task = session.scalar(sa.select(Task).where(Task.id == target.task_id))
    if task is None:
        raise not_found("task", target.task_id)
    _require_at(session, Action.WORK_ON_TASKS, task.store_id)
    if task.state == TaskState.CLOSED and session.get(Photo, target.id) is None:
        raise Conflict(
            "task.closed", Text("任务已关闭, 不再接收整改照片", "The task is closed and takes no more photos")
        )


def _check_visit(session: ScopedSession, target: MediaTarget) -> None:
    visit = session.scalar(sa.select(Visit).where(Visit.id == target.visit_id))
    if visit is None:
        raise not_found("visit", target.visit_id)
    _require_at(session, Action.DO_VISITS, visit.store_id)
    announced = (*visit.expected_photos, *visit.expected_notes)
    if visit.state == VisitState.SUBMITTED and target.id not in announced and _known(session, target) is None:
        raise Conflict(
            "visit.already_submitted",
            Text("此巡店已提交, 不能再添加", "This visit was already sent; nothing can be added to it"),
        )


def _require_at(session: ScopedSession, action: Action, store_id: uuid.UUID) -> None:
    require(session.caller, action, session.scalars(sa.select(OrgNode.path).where(OrgNode.id == store_id)).one())


def _known(session: ScopedSession, target: MediaTarget) -> tuple[str, uuid.UUID | None] | None:
    """Return the hash and the parent under which this id is known already."""
    query = (
        sa.select(VoiceNote.sha256, VoiceNote.visit_id).where(VoiceNote.id == target.id)
        if target.kind == "voice"
        else sa.select(Photo.sha256, sa.func.coalesce(Photo.visit_id, Photo.task_id)).where(Photo.id == target.id)
    )
    row = session.execute(query).first()
    return None if row is None else (row[0], row[1])


def add_media(
    session: ScopedSession, now: dt.datetime, target: MediaTarget, file: StoredRef, trace_id: str | None
) -> None:
    """Record a stored file as what it is to become, and start what follows from it; once, however often it is called.

    Raises:
        NotFound, Forbidden, Conflict: as `check_target`.
        ContentDiffers: this id already names another content, or the same one elsewhere.

    """
    check_target(session, target)
    known = _known(session, target)
    if known == (file.sha256, target.visit_id or target.task_id):
        _audio_is_back(session, target)
        return
    if known is not None:
        raise ContentDiffers(
            "media.content_differs",
            Text("同一编号已上传过其他内容", "This id was uploaded before with other content"),
            id=str(target.id),
        )
    remember_file(session, now, file)
    match target.kind:
        case "photo":
            _add_photo(session, now, target, file, trace_id)
        case "voice":
            _add_note(session, now, target, file, trace_id)
        case "after":
            _add_after_photo(session, now, target, file, trace_id)


def _audio_is_back(session: ScopedSession, target: MediaTarget) -> None:
    """Let a recording that was deleted, and came once more by an upload begun before, be found due once more."""
    if target.kind == "voice":
        back = sa.update(VoiceNote).where(VoiceNote.id == target.id, VoiceNote.audio_dropped_at.is_not(None))
        session.execute(back.values(audio_dropped_at=None))


def remember_file(session: ScopedSession, now: dt.datetime, file: StoredRef) -> None:
    """Keep a file's row, once for each content: by it a link to the file knows what kind of file it is."""
    if session.scalar(sa.select(StoredFile.id).where(StoredFile.sha256 == file.sha256)) is None:
        session.add(
            StoredFile(
                id=new_id(),
                company_id=session.caller.company_id,
                sha256=file.sha256,
                size=file.size,
                media_type=file.media_type,
                stored_at=now,
            )
        )


def _photo(
    session: ScopedSession, now: dt.datetime, target: MediaTarget, file: StoredRef, trace_id: str | None
) -> Photo:
    return Photo(
        id=target.id,
        company_id=session.caller.company_id,
        visit_id=target.visit_id,
        task_id=target.task_id,
        item_id=target.item_id,
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type,
        source=target.source,
        captured_at=target.captured_at,
        stored_at=now,
        taken_by=session.caller.person_id,
        trace_id=trace_id,
    )


def _visit(session: ScopedSession, visit_id: uuid.UUID | None) -> Visit:
    return session.scalars(sa.select(Visit).where(Visit.id == visit_id)).one()


def _add_photo(
    session: ScopedSession, now: dt.datetime, target: MediaTarget, file: StoredRef, trace_id: str | None
) -> None:
    photo = _photo(session, now, target, file, trace_id)
    photo.store_id = _visit(session, target.visit_id).store_id
    session.add(photo)
    session.flush()
    keep_claims(session, photo, target.claims)
    pipeline.emit(session, now, e.PhotoStored(subject_id=photo.id, trace_id=trace_id, data={"sha256": file.sha256}))


def _add_note(
    session: ScopedSession, now: dt.datetime, target: MediaTarget, file: StoredRef, trace_id: str | None
) -> None:
    visit = _visit(session, target.visit_id)
    session.add(
        VoiceNote(
            id=target.id,
            company_id=session.caller.company_id,
            store_id=visit.store_id,
            visit_id=visit.id,
            item_id=target.item_id,
            sha256=file.sha256,
            size=file.size,
            media_type=file.media_type,
            captured_at=target.captured_at,
            stored_at=now,
            spoken_by=session.caller.person_id,
            trace_id=trace_id,
        )
    )
    pipeline.emit(session, now, e.VoiceStored(subject_id=target.id, trace_id=trace_id, data={"sha256": file.sha256}))


def _add_after_photo(
    session: ScopedSession, now: dt.datetime, target: MediaTarget, file: StoredRef, trace_id: str | None
) -> None:
    photo = _photo(session, now, target, file, trace_id)
    task = lock(session, cast("uuid.UUID", target.task_id))
    photo.store_id = task.store_id
    session.add(photo)
    session.flush()
    keep_claims(session, photo, target.claims)
    submit_fix(session, now, task, photo)
