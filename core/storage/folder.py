"""Blobs in a folder of this machine."""

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.storage.protocol import (
    CHUNK,
    BlobCorrupt,
    BlobMissing,
    StorageUnavailable,
    expect,
    hash_of,
    key_of,
)

ABANDONED_AFTER_S = 24 * 3600


class FolderStore:
    """A `BlobStore` in `root`: a blob has its final name only once it is complete, checked and on the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drafts = root / "drafts"

    def put(self, path: Path, sha256: str, size: int, media_type: str) -> None:  # noqa: ARG002 - the database keeps it
        """Copy, fsync, read back, rename, fsync the folders."""
        target = self._path(sha256)
        with _disk():
            if self._intact(target, sha256, size):
                return
            self._drafts.mkdir(parents=True, exist_ok=True)
            draft = self._drafts / secrets.token_hex(16)
            try:
                expect(_copy(path, draft), sha256, size)
                if not self._intact(draft, sha256, size):
                    raise StorageUnavailable("read back differs")
                _make_folder(target.parent, self._root)
                draft.rename(target)
                fsync_folder(target.parent)
            finally:
                draft.unlink(missing_ok=True)

    @contextlib.contextmanager
    def open(self, sha256: str, first: int = 0) -> Iterator[BinaryIO]:
        """Yield the open file, standing at byte `first`."""
        with _disk():
            try:
                file = self._path(sha256).open("rb")
            except FileNotFoundError:
                self._must_exist()
                raise BlobMissing(sha256) from None
        with file:
            file.seek(first)
            yield file

    def read(self, sha256: str) -> bytes:
        """Return the whole content, checked."""
        with self.open(sha256) as file, _disk():
            content = file.read()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobCorrupt(sha256)
        return content

    def stat(self, sha256: str) -> int | None:
        """Return the size, or None."""
        with _disk():
            try:
                return self._path(sha256).stat().st_size
            except FileNotFoundError:
                self._must_exist()
                return None

    def delete(self, sha256: str) -> None:
        """Remove the file, so that not even a loss of power brings it back."""
        path = self._path(sha256)
        with _disk():
            try:
                path.unlink()
            except FileNotFoundError:
                self._must_exist()
            else:
                fsync_folder(path.parent)

    def check(self) -> None:
        """Write a byte, and clear what killed processes left half-written a day ago."""
        with _disk():
            self._drafts.mkdir(parents=True, exist_ok=True)
            probe = self._drafts / f"probe-{secrets.token_hex(8)}"
            probe.write_bytes(b".")
            probe.unlink()
            for draft in self._drafts.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - draft.stat().st_mtime > ABANDONED_AFTER_S:
                        draft.unlink()

    def _path(self, sha256: str) -> Path:
        return self._root / key_of(sha256)

    def _must_exist(self) -> None:
        """Tell a blob that is not there from a disk that is not mounted."""
        if not self._drafts.is_dir():
            raise StorageUnavailable(f"{self._root.name}: folder is not there")

    @staticmethod
    def _intact(file: Path, sha256: str, size: int) -> bool:
        try:
            with file.open("rb") as stream:
                if os.fstat(stream.fileno()).st_size != size:
                    return False
                # What is read now should come from the disk, not from the memory it was just written to.
                if hasattr(os, "posix_fadvise"):
                    os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                return hash_of(stream) == (sha256, size)
        except FileNotFoundError:
            return False


def _copy(source: Path, target: Path) -> tuple[str, int]:
    """Copy to a new file, down to the disk; return the hash and length of what was copied."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(CHUNK):
            writer.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest(), size


def _make_folder(folder: Path, root: Path) -> None:
    """Make the folder and those above it, each one's name safe on the disk before the next."""
    if folder.is_dir():
        return
    if folder != root:
        _make_folder(folder.parent, root)
    folder.mkdir(parents=True, exist_ok=True)
    fsync_folder(folder.parent)


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a loss of power; raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    """Turn what the disk says into the error a caller can act on."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(errno.errorcode.get(error.errno or 0, type(error).__name__)) from error
