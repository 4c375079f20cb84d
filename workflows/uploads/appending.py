"""One request's bytes on their way into an upload, under the upload's lock.

The last byte of a file is acknowledged only together with its storage: until then an upload whose bytes are all here
stands at `length - 1`. So nobody hears "complete" of a file that is not stored, and after a failure of the store or a
killed process the client sends one byte again, not the file.
"""

import contextlib
import threading
import uuid
from collections.abc import Iterator

import sqlalchemy as sa

from core.caller import Caller
from core.db import lock_content
from core.errors import ChecksumMismatch, Conflict, Gone, NotFound, TooLarge, UnsupportedType
from core.log import get_logger
from core.parts import Parts
from core.text import Text
from workflows.uploads import records, service, sniffing
from workflows.uploads.partial import PartFile
from workflows.uploads.protocol import Checksum
from workflows.uploads.records import UploadState
from workflows.visits.media import StoredRef, add_media

log = get_logger(__name__)

CHECKPOINT = 4 * 1024 * 1024
"""So many bytes at most are sent again after the server was killed in the middle of a long request."""
COMMIT_ATTEMPTS = 3


class Appending:
    """The only writer of an upload for as long as one request lasts.

    Every method may be called from any thread. `close` keeps what has arrived, unless the request announced a
    checksum that could not be verified, and gives the lock back; it must be called whatever happens.
    """

    def __init__(self, parts: Parts, caller: Caller, upload: UploadState, part: PartFile, checksum: Checksum | None):
        self.state = upload
        self._parts = parts
        self._caller = caller
        self._part = part
        self._target = service.target_of(upload)
        self._checksum = checksum
        self._digest = checksum.hasher() if checksum else None
        self._known_type = False
        self._settled = False
        self._closed = False
        self._guard = threading.Lock()

    def write(self, piece: bytes) -> None:
        """Add bytes; long requests without a checksum are acknowledged as they go.

        Raises:
            TooLarge: more than the upload's length.
            UnsupportedType: the first bytes are of no photo or recording; the upload is discarded.
            DiskUnavailable: the disk is full or away.

        """
        with self._guard, self._settling_on_error():
            if self._part.size + len(piece) > self.state.length:
                raise past_the_end(self.state.length)
            self._part.append(piece)
            if self._digest is not None:
                self._digest.update(piece)
            self._look_at_head()
            if self._digest is None and self._part.size - self.state.offset >= CHECKPOINT:
                self._acknowledge()

    def complete(self) -> UploadState:
        """Return where the upload stands after the whole request has arrived; stores the file if that was its end.

        Raises:
            ChecksumMismatch: the request's bytes are not what it announced (they are dropped), or the whole file is
                not what the creation announced (the upload is discarded).
            Unavailable: the store is away; everything is kept.
            NotFound, Conflict: the visit or task no longer takes the file.

        """
        with self._guard, self._settling_on_error():
            if (
                self._checksum is not None
                and self._digest is not None
                and self._digest.digest() != self._checksum.digest
            ):
                raise ChecksumMismatch(
                    "upload.checksum_mismatch",
                    Text("数据在传输中损坏, 请重新发送", "These bytes are not what was announced; send them again"),
                    upload_offset=self.state.offset,
                )
            self._acknowledge()
            self._settled = True
            return self._finish() if self._part.size == self.state.length else self.state

    def is_wanted(self) -> bool:
        """Tell whether another request asks for this upload."""
        return self._part.is_wanted()

    def close(self) -> UploadState:
        """Keep what has arrived, give the lock back, and tell where the upload stands."""
        with self._guard:
            if not self._closed:
                self._closed = True
                try:
                    if not self._settled and self._digest is None:
                        self._acknowledge()
                finally:
                    self._part.close()
            return self.state

    def _look_at_head(self) -> None:
        if self._known_type or self._part.size < min(sniffing.ENOUGH, self.state.length):
            return
        try:
            sniffing.media_type_of(self._target, self._part.head(sniffing.ENOUGH))
        except UnsupportedType:
            self._discard()
            raise
        self._known_type = True

    def _acknowledge(self) -> None:
        offset = min(self._part.size, self.state.length - 1)
        if offset <= self.state.offset:
            return
        self._part.sync()
        now = self._parts.clock.now()
        with self._parts.database.transaction(self._caller) as session:
            expires_at = now + self._parts.settings.upload_expires_after
            self.state = records.acknowledge(session, now, self.state, offset, expires_at)

    def _finish(self) -> UploadState:
        sha256 = self._part.sha256()
        if sha256 != (self.state.metadata.get("sha256") or sha256).lower():
            self._discard()
            raise ChecksumMismatch(
                "upload.checksum_mismatch",
                Text("文件校验值不符, 请重新上传", "The file is not what was announced; upload it again"),
                expected=self.state.metadata["sha256"],
                got=sha256,
            )
        media_type = sniffing.media_type_of(self._target, self._part.head(sniffing.ENOUGH))
        file = StoredRef(sha256=sha256, size=self.state.length, media_type=media_type)
        self._parts.blobs.put(self._part.path, file.sha256, file.size, file.media_type)
        self._record(file)
        self._part.remove()
        log.info("upload finished", upload_id=str(self.state.id), target=str(self._target.id), sha256=sha256)
        return self.state

    def _record(self, file: StoredRef) -> None:
        """Make the photo or note and complete the upload, in one transaction."""
        for attempt in range(COMMIT_ATTEMPTS):
            now = self._parts.clock.now()
            try:
                with self._parts.database.transaction(self._caller) as session:
                    lock_content(session, file.sha256)
                    self._must_still_be_there(file)
                    add_media(session, now, self._target, file, self.state.trace_id)
                    state = records.finish(session, now, self.state, file.sha256)
            except sa.exc.IntegrityError as error:
                # Another upload of the same photo was quicker by a moment; the next attempt meets its row.
                if attempt + 1 == COMMIT_ATTEMPTS:
                    raise Conflict("upload.id_taken", Text("编号已被占用", "This id is taken")) from error
            else:
                self.state = state
                return

    def _must_still_be_there(self, file: StoredRef) -> None:
        """Put the file once more where its content went a moment ago, with the last row that needed it."""
        if self._parts.blobs.stat(file.sha256) is None:
            self._parts.blobs.put(self._part.path, file.sha256, file.size, file.media_type)

    def _discard(self) -> None:
        with self._parts.database.transaction(self._caller) as session:
            records.remove(session, self.state.id)
        self._part.remove()
        self._settled = True
        log.warning("upload discarded", upload_id=str(self.state.id), target=str(self._target.id))

    @contextlib.contextmanager
    def _settling_on_error(self) -> Iterator[None]:
        """After a failure nothing more of the request is acknowledged."""
        try:
            yield
        except BaseException:
            self._settled = True
            raise


def begin(
    parts: Parts, caller: Caller, upload_id: uuid.UUID, offset: int, checksum: Checksum | None, announced: int | None
) -> Appending | UploadState:
    """Take the upload's lock and stand ready for the bytes from `offset` on.

    An upload that is complete already, for a request that goes on from its very end, is returned as it stands.

    Args:
        parts: what the process is made of.
        caller: the upload's owner.
        upload_id: which upload.
        offset: where the client goes on.
        checksum: what the request's bytes must hash to.
        announced: how many bytes the request says it brings, None if it does not say.

    Raises:
        NotFound, Gone: as `service.find`.
        Locked: another request is writing it.
        Conflict: the upload stands at another offset.
        TooLarge: more is announced than the upload lacks.

    """
    upload = service.find(parts, caller, upload_id)
    if upload.finished:
        _check_range(upload, offset, announced)
        return upload
    part = service.folder_of(parts).take(upload_id)
    try:
        upload = _under_lock(parts, caller, upload_id, part)
        _check_range(upload, offset, announced)
        part.truncate(upload.offset)
        return Appending(parts, caller, upload, part, checksum)
    except BaseException:
        part.close()
        raise


def past_the_end(length: int) -> TooLarge:
    """Return the error for bytes that the upload was not announced with."""
    return TooLarge(
        "upload.past_its_length",
        Text("数据超出了声明的长度", "More bytes than Upload-Length announced"),
        upload_length=length,
    )


def _under_lock(parts: Parts, caller: Caller, upload_id: uuid.UUID, part: PartFile) -> UploadState:
    """Read the upload again, now that nobody else moves it, and make it agree with its part file."""
    now = parts.clock.now()
    try:
        with parts.database.snapshot(caller) as session:
            upload = records.find(session, now, upload_id)
    except (NotFound, Gone):
        part.remove()  # taking it may have made it anew
        raise
    if upload.finished:
        part.remove()
    elif part.size < upload.offset:
        log.error("part file is shorter than was acknowledged", upload_id=str(upload_id), size=part.size)
        with parts.database.transaction(caller) as session:
            upload = records.acknowledge(session, now, upload, part.size, upload.expires_at)
    return upload


def _check_range(upload: UploadState, offset: int, announced: int | None) -> None:
    if offset != upload.offset:
        raise records.offset_differs(upload.offset)
    if announced is not None and offset + announced > upload.length:
        raise past_the_end(upload.length)
