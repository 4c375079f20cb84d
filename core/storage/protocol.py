"""What every store promises, and how it says that it cannot."""

import hashlib
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import ChecksumMismatch, StorepatrolError, Unavailable
from core.text import Text

CHUNK = 1024 * 1024
_HEX = re.compile(r"[0-9a-f]{64}")


class StorageUnavailable(Unavailable):
    """The disk or the S3 server is away, full or answers nonsense; the same call may work later."""

    title = Text("存储暂时不可用", "Storage is away")

    def __init__(self, reason: str) -> None:
        detail = Text("照片存储暂时不可用, 稍后会自动重试", "The photo storage is away; it will be tried again")
        super().__init__("storage.unavailable", detail, reason=reason)

    def __str__(self) -> str:
        return f"{self.code}: {self.extra['reason']}"


class BlobMissing(StorepatrolError):
    """The database names a blob that the store does not have."""

    title = Text("文件不存在", "File is gone")

    def __init__(self, sha256: str) -> None:
        super().__init__("storage.missing", Text("存储中没有此文件", "The store has no such file"), sha256=sha256)


class BlobCorrupt(StorepatrolError):
    """What lies in the store is no longer what was put there."""

    title = Text("文件已损坏", "File is damaged")

    def __init__(self, sha256: str) -> None:
        detail = Text("存储中的文件内容与校验值不符", "The stored file does not match its checksum")
        super().__init__("storage.corrupt", detail, sha256=sha256)


class BlobStore(Protocol):
    """Immutable files by the SHA-256 of their content, 64 lower-case hex digits.

    Every method may raise `StorageUnavailable` (retryable); none waits longer than about a minute.
    All methods may be called from several threads and processes at once.
    """

    def put(self, path: Path, sha256: str, size: int, media_type: str) -> None:
        """Store the file at `path` (`size` bytes) durably, and return once its hash was read back from the store.

        Putting the same content again is cheap and repairs a damaged copy.

        Raises:
            ChecksumMismatch: the file at `path` is not what `sha256` and `size` say; nothing is stored.

        """

    def open(self, sha256: str, first: int = 0) -> AbstractContextManager[BinaryIO]:
        """Return the content from byte `first` on as a stream to read forward, not checked against the hash.

        `first` is less than the size, or 0.

        Raises:
            BlobMissing: there is no such blob.

        """

    def read(self, sha256: str) -> bytes:
        """Return the whole content, checked.

        Raises:
            BlobMissing: there is no such blob.
            BlobCorrupt: its content has another hash.

        """

    def stat(self, sha256: str) -> int | None:
        """Return the size in bytes, or None where there is no such blob."""

    def delete(self, sha256: str) -> None:
        """Remove the blob; one that is not there is fine."""

    def check(self) -> None:
        """Return if the store could take a blob now."""


def key_of(sha256: str) -> str:
    """Return "ab/cd/abcd…": two levels, so that no folder grows past what a file system lists quickly."""
    if not _HEX.fullmatch(sha256):
        msg = f"not a SHA-256 in lower-case hex: {sha256!r}"
        raise ValueError(msg)
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def hash_of(stream: BinaryIO) -> tuple[str, int]:
    """Return the SHA-256 and the length of what is left in `stream`."""
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def expect(found: tuple[str, int], sha256: str, size: int) -> None:
    """Raise `ChecksumMismatch` unless the content of the file to store is what it was said to be."""
    if found != (sha256, size):
        detail = Text("文件内容与校验值不符, 请重新上传", "The file does not match its checksum; send it again")
        raise ChecksumMismatch("storage.checksum_mismatch", detail, expected=sha256, got=found[0])
