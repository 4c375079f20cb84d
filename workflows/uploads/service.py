"""Uploads from creation to their end; the bytes in between go through `workflows.uploads.appending`."""

import contextlib
import datetime as dt
import uuid

import msgspec

from core.caller import Caller, installation
from core.errors import Conflict, ContentDiffers, Locked
from core.ids import new_id
from core.log import get_logger
from core.parts import Parts
from core.text import Text
from workflows.uploads import protocol, records
from workflows.uploads.partial import PartFolder
from workflows.uploads.records import UploadState
from workflows.visits.media import MediaTarget, check_target

log = get_logger(__name__)

SWEPT_AT_ONCE = 200
LEFT_BEHIND_AFTER_S = 3600.0


def create(parts: Parts, caller: Caller, length: int, metadata: dict[str, str]) -> UploadState:
    """Begin an upload; one whose photo or note the caller has already sent comes back complete.

    Raises:
        Invalid, TooLarge: what is asked for cannot be taken.
        NotFound, Conflict: there is no such visit or task for the caller, or it takes no more.
        ContentDiffers: this id already names another content.

    """
    plan = protocol.plan(length, metadata, parts.settings)
    now = parts.clock.now()
    with parts.database.snapshot(caller) as session:
        check_target(session, plan.target)
        known = records.recorded(session, plan.target)
    complete = _is_stored(parts, plan, known)
    with parts.database.transaction(caller) as session:
        row = records.new_row(session, now, plan, new_id(), now + parts.settings.upload_expires_after)
        if complete:
            row.received, row.sha256, row.finished_at = plan.length, plan.sha256, now
        upload = records.add(session, row)
    log.info("upload created", upload_id=str(upload.id), target=str(plan.target.id), length=length, complete=complete)
    return upload


def find(parts: Parts, caller: Caller, upload_id: uuid.UUID) -> UploadState:
    """Return an upload of the caller's own.

    Raises:
        NotFound: there is none, or it belongs to somebody else.
        Gone: it was not finished in time.

    """
    with parts.database.snapshot(caller) as session:
        upload = records.find(session, parts.clock.now(), upload_id)
    if upload.finished:
        return upload
    # Should the part file be gone, its bytes are gone: the client must hear so.
    return msgspec.structs.replace(upload, offset=min(upload.offset, folder_of(parts).size(upload_id)))


def terminate(parts: Parts, caller: Caller, upload_id: uuid.UUID) -> None:
    """Forget an unfinished upload and its bytes.

    Raises:
        NotFound, Gone: as `find`.
        Conflict: its file is stored; evidence is not taken back this way.
        Locked: a request is writing it right now.

    """
    if find(parts, caller, upload_id).finished:
        raise _stored()
    with folder_of(parts).take(upload_id) as part:
        with parts.database.transaction(caller) as session:
            if records.find(session, parts.clock.now(), upload_id).finished:
                raise _stored()
            records.remove(session, upload_id)
        part.remove()
    log.info("upload terminated", upload_id=str(upload_id))


def expire_uploads(parts: Parts, now: dt.datetime) -> int:
    """Remove uploads whose time is over, and part files that belong to none; return how many uploads."""
    folder, removed = folder_of(parts), 0
    with parts.database.snapshot(installation()) as session:
        over = records.expired(session, now, SWEPT_AT_ONCE)
    for upload_id in over:
        removed += _expire(parts, folder, now, upload_id)
    _clear(parts, folder)
    return removed


def folder_of(parts: Parts) -> PartFolder:
    """Return the folder of part files."""
    return PartFolder(parts.settings.uploads)


def target_of(upload: UploadState) -> MediaTarget:
    """Return what an upload is to become."""
    return protocol.target_of(upload.metadata)


def _is_stored(parts: Parts, plan: protocol.UploadPlan, known: records.Recorded | None) -> bool:
    if known is None or plan.sha256 is None:
        return False
    if (known.sha256, known.size) != (plan.sha256, plan.length):
        raise ContentDiffers(
            "media.content_differs",
            Text("同一编号已上传过其他内容", "This id was uploaded before with other content"),
            id=str(plan.target.id),
        )
    # Should the store have lost the file, sending it again repairs that; what was deleted on purpose stays deleted.
    return known.dropped or parts.blobs.stat(plan.sha256) == plan.length


def _stored() -> Conflict:
    return Conflict("upload.stored", Text("文件已保存, 不能撤回", "The file is stored and cannot be taken back"))


def _expire(parts: Parts, folder: PartFolder, now: dt.datetime, upload_id: uuid.UUID) -> bool:
    try:
        with folder.take(upload_id) as part:
            with parts.database.transaction(installation()) as session:
                gone = records.remove_expired(session, now, upload_id)
            if gone:
                part.remove()
    except Locked:
        return False  # somebody is writing: its time is about to be extended
    return gone


def _clear(parts: Parts, folder: PartFolder) -> None:
    """Remove part files that no unfinished upload owns: a process was killed before it could."""
    left = folder.left_behind(LEFT_BEHIND_AFTER_S)
    for batch in (left[i : i + SWEPT_AT_ONCE] for i in range(0, len(left), SWEPT_AT_ONCE)):
        with parts.database.snapshot(installation()) as session:
            needed = records.unfinished(session, batch)
        for upload_id in set(batch) - needed:
            with contextlib.suppress(Locked), folder.take(upload_id) as part:
                part.remove()
