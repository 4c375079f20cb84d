"""What both stores promise: the same tests on a folder and on a real SeaweedFS."""

import hashlib
import io
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ChecksumMismatch
from core.settings import Settings
from core.storage import (
    BlobCorrupt,
    BlobMissing,
    BlobStore,
    FolderStore,
    S3Store,
    StorageUnavailable,
    key_of,
    store_for,
)
from tests.integration.servers import S3Settings

NOWHERE = hashlib.sha256(b"never stored").hexdigest()


def s3_store(where: S3Settings, **patience: Any) -> S3Store:
    return S3Store(where.endpoint, where.access_key, where.secret_key, where.bucket, secure=False, **patience)


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.stack)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "s3":
        return s3_store(request.getfixturevalue("s3_bucket"))
    store = FolderStore(tmp_path / "blobs")
    store.check()
    return store


def put(store: BlobStore, folder: Path, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    file = folder / f"upload-{sha256[:8]}"
    file.write_bytes(content)
    store.put(file, sha256, len(content), "image/jpeg")
    return sha256


def damage(store: BlobStore, sha256: str, content: bytes) -> None:
    """Write other bytes over a stored blob, behind the store's back."""
    if isinstance(store, FolderStore):
        (store._root / key_of(sha256)).write_bytes(content)
    elif isinstance(store, S3Store):
        store._client.put_object(store._bucket, key_of(sha256), io.BytesIO(content), len(content))


@pytest.mark.parametrize("size", [1, 5 * 1024 * 1024, 5 * 1024 * 1024 + 1, 17_000_000])
def test_what_was_put_is_read_back_whatever_its_size(store: BlobStore, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    sha256 = put(store, tmp_path, content)
    assert store.read(sha256) == content
    assert store.stat(sha256) == size
    with store.open(sha256) as stream:
        assert stream.read(10) == content[:10]
        assert stream.read() == content[10:]
    with store.open(sha256, size - 1) as stream:
        assert stream.read() == content[-1:]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=5000))
def test_any_content_survives_and_goes_when_deleted(store: BlobStore, tmp_path: Path, content: bytes) -> None:
    sha256 = put(store, tmp_path, content)
    assert store.read(sha256) == content
    store.delete(sha256)
    assert store.stat(sha256) is None


def test_putting_twice_is_the_same_as_once(store: BlobStore, tmp_path: Path) -> None:
    assert put(store, tmp_path, b"shelf") == put(store, tmp_path, b"shelf")
    assert store.read(hashlib.sha256(b"shelf").hexdigest()) == b"shelf"


def test_two_threads_may_put_the_same_photo_at_once(store: BlobStore, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    sha256 = hashlib.sha256(content).hexdigest()
    file = tmp_path / "upload"
    file.write_bytes(content)
    failures: list[BaseException] = []

    def send() -> None:
        try:
            store.put(file, sha256, len(content), "image/jpeg")
        except BaseException as error:  # noqa: BLE001 - the assertion below shows it
            failures.append(error)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.read(sha256) == content


def test_a_file_that_is_not_what_it_says_is_refused_and_not_kept(store: BlobStore, tmp_path: Path) -> None:
    file = tmp_path / "upload"
    file.write_bytes(b"half of the pho")
    with pytest.raises(ChecksumMismatch) as caught:
        store.put(file, NOWHERE, 15, "image/jpeg")
    assert caught.value.code == "storage.checksum_mismatch"
    assert store.stat(NOWHERE) is None


def test_a_missing_blob_is_told_from_a_broken_store(store: BlobStore) -> None:
    with pytest.raises(BlobMissing), store.open(NOWHERE):
        pass
    with pytest.raises(BlobMissing):
        store.read(NOWHERE)
    assert store.stat(NOWHERE) is None


def test_deleting_what_is_not_there_is_fine(store: BlobStore) -> None:
    store.delete(NOWHERE)


@pytest.mark.parametrize("other", [b"photx", b"photo of another length"])
def test_a_damaged_blob_is_noticed_and_putting_again_repairs_it(store: BlobStore, tmp_path: Path, other: bytes) -> None:
    sha256 = put(store, tmp_path, b"photo")
    damage(store, sha256, other)
    with pytest.raises(BlobCorrupt):
        store.read(sha256)
    put(store, tmp_path, b"photo")
    assert store.read(sha256) == b"photo"


@pytest.mark.parametrize("name", ["", "abc", "../../etc/passwd", "A" * 64, "g" * 64, f"{'0' * 64}\n"])
def test_only_a_hash_is_a_name(store: BlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.stat(name)


def test_a_store_that_works_says_so(store: BlobStore) -> None:
    store.check()


# The folder alone.


def test_nothing_half_written_is_ever_under_its_final_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path / "blobs")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(StorageUnavailable) as caught:
            put(store, tmp_path, b"photo")
    assert caught.value.extra["reason"] == "ENOSPC"
    assert [file for file in (tmp_path / "blobs").rglob("*") if file.is_file()] == []
    put(store, tmp_path, b"photo")


def test_a_disk_that_is_not_mounted_is_not_taken_for_a_missing_photo(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "blobs")
    sha256 = put(store, tmp_path, b"photo")
    (tmp_path / "blobs").rename(tmp_path / "unplugged")
    with pytest.raises(StorageUnavailable):
        store.read(sha256)
    with pytest.raises(StorageUnavailable):
        store.stat(sha256)
    (tmp_path / "unplugged").rename(tmp_path / "blobs")
    assert store.read(sha256) == b"photo"


def test_drafts_of_killed_processes_are_cleared_after_a_day(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "blobs")
    store.check()
    old, new = tmp_path / "blobs/drafts/old", tmp_path / "blobs/drafts/new"
    for draft in (old, new):
        draft.write_bytes(b"half")
    os.utime(old, (1_000_000, 1_000_000))
    store.check()
    assert not old.exists()
    assert new.exists()


# S3 alone.


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is bound, so that nobody else takes it, and refuses every connection."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(64)
        yield holder.getsockname()[1]


@pytest.mark.parametrize("kind", ["closed_port", "deaf_port"])
def test_an_s3_server_that_is_away_is_a_retryable_error_and_no_hang(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    port = request.getfixturevalue(kind)
    store = S3Store(
        f"127.0.0.1:{port}", "key", "secret", "storepatrol", secure=False, connect_s=0.2, read_s=0.2, retries=1
    )
    for call in (store.check, lambda: put(store, tmp_path, b"photo"), lambda: store.read(NOWHERE)):
        with pytest.raises(StorageUnavailable) as caught:
            call()
        assert (caught.value.status, caught.value.retryable) == (503, True)


@pytest.mark.stack
def test_a_wrong_key_is_told_as_what_it_is(s3_bucket: S3Settings) -> None:
    store = S3Store(s3_bucket.endpoint, s3_bucket.access_key, "wrong", s3_bucket.bucket, secure=False)
    with pytest.raises(StorageUnavailable, match=r"SignatureDoesNotMatch|AccessDenied"):
        store.check()


@pytest.mark.stack
def test_a_server_that_hangs_in_the_middle_delays_a_put_but_loses_nothing(
    s3_bucket: S3Settings, tmp_path: Path
) -> None:
    store = s3_store(s3_bucket, read_s=0.3, retries=0)
    put(store, tmp_path, b"first")
    port = int(s3_bucket.endpoint.split(":")[1])
    (pid,) = {c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.status == "LISTEN"}
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(StorageUnavailable):
            put(store, tmp_path, b"second")
    finally:
        os.kill(pid, signal.SIGCONT)
    patient = s3_store(s3_bucket)
    assert patient.read(put(patient, tmp_path, b"second")) == b"second"
    assert patient.read(hashlib.sha256(b"first").hexdigest()) == b"first"


@pytest.mark.stack
def test_two_processes_may_make_the_bucket_at_once(s3_bucket: S3Settings, tmp_path: Path) -> None:
    first, second = s3_store(s3_bucket), s3_store(s3_bucket)
    assert not first._client.bucket_exists(s3_bucket.bucket)
    sha256 = put(first, tmp_path, b"photo")
    second.check()
    assert second.read(sha256) == b"photo"


def test_settings_choose_the_store(tmp_path: Path) -> None:
    assert isinstance(store_for(Settings(data_dir=tmp_path)), FolderStore)
    stack = Settings(mode="stack", s3_endpoint="s3.example:443", s3_access_key="a", s3_secret_key="b")
    assert isinstance(store_for(stack), S3Store)
