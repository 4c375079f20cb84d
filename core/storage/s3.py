"""Blobs behind any S3 API, through the `minio` client.

Our own SHA-256 is the truth: an ETag is opaque, and what was put is read back before we say that it is stored.
Keys are ASCII without a prefix, and nothing here ever lists: the database knows the keys.
"""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import HTTPError

from core.storage.protocol import BlobCorrupt, BlobMissing, StorageUnavailable, expect, hash_of, key_of

SMALLEST_PART = 5 * 1024 * 1024
# The client holds a whole blob in memory while it sends it, so few may be on their way at once.
PUTS_AT_ONCE = 4
_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "ResourceNotFound"})
_ALREADY = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


class S3Store:
    """A `BlobStore` in one bucket, made when it is missing.

    Args:
        endpoint: "host:port", without a scheme.
        access_key: who we are.
        secret_key: how we prove it.
        bucket: three letters or more.
        secure: speak TLS.
        connect_s: seconds to wait for a connection.
        read_s: seconds to wait for the next bytes.
        retries: further tries of one request, for a server that was gone for a moment.

    """

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        *,
        secure: bool,
        connect_s: float = 2.0,
        read_s: float = 15.0,
        retries: int = 2,
    ) -> None:
        self._bucket = bucket
        self._has_bucket = False
        self._slots = threading.BoundedSemaphore(PUTS_AT_ONCE)
        self._client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            secure=secure,
            http_client=urllib3.PoolManager(
                maxsize=16,
                timeout=urllib3.Timeout(connect=connect_s, read=read_s),
                retries=urllib3.Retry(total=retries, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
            ),
        )

    def put(self, path: Path, sha256: str, size: int, media_type: str) -> None:
        """Send in one request (several parts are where S3 servers differ), then read back."""
        key = key_of(sha256)
        with path.open("rb") as file:
            expect(hash_of(file), sha256, size)
        if self._intact(key, sha256, size):
            return
        with self._slots, _remote(sha256), path.open("rb") as file:
            self._bucket_client().put_object(
                self._bucket, key, file, size, content_type=media_type, part_size=max(size, SMALLEST_PART)
            )
        if not self._intact(key, sha256, size):
            raise StorageUnavailable("S3: read back differs")

    @contextlib.contextmanager
    def open(self, sha256: str, first: int = 0) -> Iterator[BinaryIO]:
        """Yield the body of the answer; the server is asked for the part only."""
        with _remote(sha256), self._body(key_of(sha256), first) as stream:
            yield stream

    def read(self, sha256: str) -> bytes:
        """Return the whole content, checked."""
        with self.open(sha256) as stream:
            content = stream.read()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobCorrupt(sha256)
        return content

    def stat(self, sha256: str) -> int | None:
        """Return the size, or None."""
        try:
            with _remote(sha256):
                return self._bucket_client().stat_object(self._bucket, key_of(sha256)).size
        except BlobMissing:
            return None

    def delete(self, sha256: str) -> None:
        """Remove the object."""
        with contextlib.suppress(BlobMissing), _remote(sha256):
            self._bucket_client().remove_object(self._bucket, key_of(sha256))

    def check(self) -> None:
        """Ask for the bucket; make it if it is not there."""
        self._has_bucket = False
        with _remote(self._bucket):
            self._bucket_client()

    def _bucket_client(self) -> Minio:
        """Return the client once the bucket is known to be there."""
        if not self._has_bucket:
            try:
                if not self._client.bucket_exists(self._bucket):
                    self._client.make_bucket(self._bucket)
            except S3Error as error:
                if error.code not in _ALREADY:  # somebody else was quicker: as good
                    raise
            self._has_bucket = True
        return self._client

    def _intact(self, key: str, sha256: str, size: int) -> bool:
        try:
            with _remote(sha256), self._body(key) as stream:
                return hash_of(stream) == (sha256, size)
        except BlobMissing:
            return False

    @contextlib.contextmanager
    def _body(self, key: str, first: int = 0) -> Iterator[BinaryIO]:
        response = cast("urllib3.HTTPResponse", self._bucket_client().get_object(self._bucket, key, offset=first))
        response.auto_close = False  # a reader may ask once more after the end, as files allow
        try:
            yield cast("BinaryIO", BufferedReader(response))
        finally:
            response.close()
            response.release_conn()


@contextlib.contextmanager
def _remote(sha256: str) -> Iterator[None]:
    """Turn what the client says into the error a caller can act on."""
    try:
        yield
    except S3Error as error:
        if error.code in _MISSING:
            raise BlobMissing(sha256) from error
        raise StorageUnavailable(f"S3: {error.code}") from error
    except (ServerError, InvalidResponseError, HTTPError) as error:
        raise StorageUnavailable(f"S3: {type(error).__name__}") from error
