"""Part files: the bytes of an upload under way, in one folder that all API hosts share.

One writer at a time holds a part, by `flock`. What is acknowledged to a client was fsynced here first; whatever lies
behind the acknowledged offset is cut off when the upload goes on.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from core.errors import Locked, Unavailable
from core.storage.folder import fsync_folder
from core.text import Text

CHUNK = 1024 * 1024
SUFFIX = ".part"


class DiskUnavailable(Unavailable):
    """The disk of the part files is full, gone or broken."""

    title = Text("存储暂时不可用", "Storage is away")

    def __init__(self, error: OSError) -> None:
        detail = Text("上传存储暂时不可用, 稍后会自动重试", "The disk for uploads is away; it will be tried again")
        super().__init__("upload.disk_unavailable", detail, reason=errno.errorcode.get(error.errno or 0, "OSError"))


class PartFile:
    """One open, locked part file; made by `PartFolder.take`."""

    def __init__(self, path: Path, handle: int, asked: Path) -> None:
        self.path = path
        self._handle = handle
        self._asked = asked
        self.size = os.fstat(handle).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, data: bytes) -> None:
        """Write at the end."""
        with _disk():
            rest = memoryview(data)
            while rest:
                written = os.pwrite(self._handle, rest, self.size)
                self.size += written
                rest = rest[written:]

    def truncate(self, size: int) -> None:
        """Forget everything from `size` on."""
        with _disk():
            os.ftruncate(self._handle, size)
            self.size = size

    def sync(self) -> None:
        """Return once every byte is on the disk."""
        with _disk():
            os.fsync(self._handle)

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes."""
        with _disk():
            return os.pread(self._handle, size, 0)

    def sha256(self) -> str:
        """Return the hash of everything, read back from the file."""
        digest, position = hashlib.sha256(), 0
        with _disk():
            while chunk := os.pread(self._handle, CHUNK, position):
                digest.update(chunk)
                position += len(chunk)
        return digest.hexdigest()

    def is_wanted(self) -> bool:
        """Tell whether somebody else asks for this part."""
        return self._asked.exists()

    def remove(self) -> None:
        """Delete the file; the lock stays until `close`."""
        with _disk():
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the lock back."""
        with contextlib.suppress(OSError):
            self._asked.unlink(missing_ok=True)
        # Closing alone would not unlock: a child process may have inherited the open file.
        fcntl.flock(self._handle, fcntl.LOCK_UN)
        os.close(self._handle)


class PartFolder:
    """The folder of all part files."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def take(self, upload_id: uuid.UUID) -> PartFile:
        """Open the part of an upload, made empty when it is not there, for one writer.

        Raises:
            Locked: another request, here or on another host, is writing it. It is told that somebody waits.
            DiskUnavailable: the folder cannot be used.

        """
        with _disk():
            self._root.mkdir(parents=True, exist_ok=True)
            while True:
                handle = os.open(self._path(upload_id), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                with contextlib.ExitStack() as on_failure:
                    on_failure.callback(os.close, handle)
                    if not _lock(handle):
                        self._ask(upload_id)
                        raise Locked(
                            "upload.locked",
                            Text("此文件正由另一个请求上传", "Another request is sending this file right now"),
                        )
                    if not _still_there(self._path(upload_id), handle):
                        continue  # removed by whoever held the lock before
                    part = PartFile(self._path(upload_id), handle, self._asked(upload_id))
                    if part.size == 0:
                        fsync_folder(self._root)
                    self._asked(upload_id).unlink(missing_ok=True)
                    on_failure.pop_all()
                    return part

    def size(self, upload_id: uuid.UUID) -> int:
        """Return how many bytes lie there, 0 when there is no part."""
        with _disk():
            try:
                return self._path(upload_id).stat().st_size
            except FileNotFoundError:
                return 0

    def is_free(self, upload_id: uuid.UUID) -> bool:
        """Tell whether nobody writes the part now; whoever does is told that somebody waits."""
        with _disk():
            try:
                handle = os.open(self._path(upload_id), os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                return True
            try:
                if _lock(handle):
                    fcntl.flock(handle, fcntl.LOCK_UN)
                    return True
                self._ask(upload_id)
                return False
            finally:
                os.close(handle)

    def left_behind(self, older_than_s: float) -> list[uuid.UUID]:
        """Return the ids of parts that nobody has written to for so many seconds."""
        found = []
        with _disk():
            for path in self._root.glob(f"*{SUFFIX}") if self._root.is_dir() else ():
                with contextlib.suppress(ValueError, FileNotFoundError):
                    if time.time() - path.stat().st_mtime > older_than_s:
                        found.append(uuid.UUID(path.stem))
        return found

    def _ask(self, upload_id: uuid.UUID) -> None:
        self._asked(upload_id).touch()

    def _path(self, upload_id: uuid.UUID) -> Path:
        return self._root / f"{upload_id}{SUFFIX}"

    def _asked(self, upload_id: uuid.UUID) -> Path:
        return self._root / f"{upload_id}.asked"


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _still_there(path: Path, handle: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    """Turn what the disk says into the error a caller can act on."""
    try:
        yield
    except OSError as error:
        raise DiskUnavailable(error) from error
