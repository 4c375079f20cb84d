"""The upload rows: found for their owner only, moved forward, ended; all in the caller's transaction."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core.errors import Conflict, Gone, not_found
from core.scope import ScopedSession
from core.text import Text
from workflows.uploads.model import Upload
from workflows.uploads.protocol import UploadPlan
from workflows.visits.media import MediaTarget
from workflows.visits.model import Photo, VoiceNote


class UploadState(msgspec.Struct, frozen=True):
    """An upload as its owner sees it. `offset` bytes are safe; `sha256` is set once the whole file is stored."""

    id: uuid.UUID
    length: int
    offset: int
    expires_at: dt.datetime
    metadata: dict[str, str]
    sha256: str | None
    trace_id: str | None

    @property
    def finished(self) -> bool:
        """Tell whether the file is stored and recorded."""
        return self.sha256 is not None


class Recorded(msgspec.Struct, frozen=True):
    """A file that was sent before; `dropped`: it was here, and was deleted as the company chose."""

    sha256: str
    size: int
    dropped: bool = False


def add(session: ScopedSession, upload: Upload) -> UploadState:
    """Insert a new upload."""
    session.add(upload)
    session.flush()
    return state_of(upload)


def find(session: ScopedSession, now: dt.datetime, upload_id: uuid.UUID) -> UploadState:
    """Return an upload of the caller's own.

    Raises:
        NotFound: there is none, or it belongs to somebody else.
        Gone: it was not finished in time.

    """
    return state_of(_live(session, now, upload_id))


def acknowledge(
    session: ScopedSession, now: dt.datetime, upload: UploadState, offset: int, expires_at: dt.datetime
) -> UploadState:
    """Move an unfinished upload from where it is known to be to `offset`.

    Raises:
        NotFound, Gone: as `find`.
        Conflict: somebody else moved it meanwhile.

    """
    row = _unmoved(session, now, upload)
    row.received, row.expires_at = offset, expires_at
    return state_of(row)


def finish(session: ScopedSession, now: dt.datetime, upload: UploadState, sha256: str) -> UploadState:
    """Mark an upload complete; its file is stored and is being recorded in this transaction."""
    row = _unmoved(session, now, upload)
    row.received, row.sha256, row.finished_at = row.length, sha256, now
    return state_of(row)


def remove(session: ScopedSession, upload_id: uuid.UUID) -> None:
    """Forget an upload; one that is not there is fine."""
    session.execute(sa.delete(Upload).where(Upload.id == upload_id))


def expired(session: ScopedSession, now: dt.datetime, limit: int) -> list[uuid.UUID]:
    """Return uploads whose time is over, finished ones too."""
    return list(session.scalars(sa.select(Upload.id).where(Upload.expires_at <= now).limit(limit)))


def remove_expired(session: ScopedSession, now: dt.datetime, upload_id: uuid.UUID) -> bool:
    """Forget an upload if its time is still over; tell whether it was."""
    row = session.scalar(sa.select(Upload).where(Upload.id == upload_id).with_for_update())
    if row is None or row.expires_at > now:
        return False
    session.delete(row)
    return True


def unfinished(session: ScopedSession, upload_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of these ids are unfinished uploads."""
    return set(session.scalars(sa.select(Upload.id).where(Upload.id.in_(upload_ids), Upload.finished_at.is_(None))))


def recorded(session: ScopedSession, target: MediaTarget) -> Recorded | None:
    """Return what the caller already sent as this photo or note, None if nothing."""
    person_id = session.caller.person_id
    if target.kind == "voice":
        note = session.get(VoiceNote, target.id)
        if note is None or note.spoken_by != person_id:
            return None
        return Recorded(note.sha256, note.size, dropped=note.audio_dropped_at is not None)
    photo = session.get(Photo, target.id)
    return Recorded(photo.sha256, photo.size) if photo and photo.taken_by == person_id else None


def new_row(
    session: ScopedSession, now: dt.datetime, plan: UploadPlan, id_: uuid.UUID, expires_at: dt.datetime
) -> Upload:
    """Return the row of a new upload, not added yet."""
    caller = session.caller
    if caller.company_id is None or caller.actor.id is None:
        raise ValueError("an upload belongs to a person or an API key of a company")
    return Upload(
        id=id_,
        company_id=caller.company_id,
        owner_id=caller.actor.id,
        target_kind=plan.target.kind,
        target_id=plan.target.id,
        length=plan.length,
        received=0,
        metadata_=plan.metadata,
        trace_id=caller.trace_id,
        created_at=now,
        expires_at=expires_at,
    )


def state_of(row: Upload) -> UploadState:
    """Return the value of a row."""
    return UploadState(
        id=row.id,
        length=row.length,
        offset=row.received,
        expires_at=row.expires_at,
        metadata=row.metadata_,
        sha256=row.sha256 if row.finished_at else None,
        trace_id=row.trace_id,
    )


def _live(session: ScopedSession, now: dt.datetime, upload_id: uuid.UUID, *, lock: bool = False) -> Upload:
    wanted = sa.select(Upload).where(Upload.id == upload_id, Upload.owner_id == session.caller.actor.id)
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise not_found("upload", upload_id)
    if row.finished_at is None and row.expires_at <= now:
        raise Gone("upload.expired", Text("上传已过期, 请重新上传", "The upload has expired; start it again"))
    return row


def _unmoved(session: ScopedSession, now: dt.datetime, upload: UploadState) -> Upload:
    row = _live(session, now, upload.id, lock=True)
    if row.finished_at is not None or row.received != upload.offset:
        raise offset_differs(row.received)
    return row


def offset_differs(offset: int) -> Conflict:
    """Return the error for a request that goes on from another offset than ours."""
    return Conflict(
        "upload.offset_differs",
        Text("续传位置与服务器不一致, 请重新查询", "The offset is not where the upload stands; ask for it again"),
        upload_offset=offset,
    )
