"""Sent twice, by two tabs, while the store is away: stored once, and never claimed before."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.caller import installation
from core.parts import Parts
from core.storage import FolderStore, S3Store, StorageUnavailable
from tests.integration.servers import S3Settings
from tests.integration.uploads.world import (
    Chain,
    CountingStore,
    Phone,
    Server,
    make_chain,
    make_parts,
    make_photo,
    make_tables,
    metadata_of,
    recorded,
    token_of,
    traces,
)
from workflows.visits.model import StoredFile


@pytest.fixture(scope="module", params=["embedded", pytest.param("stack", marks=pytest.mark.stack)])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def store(way: str, data_dir: Path, request: pytest.FixtureRequest) -> CountingStore:
    if way == "embedded":
        return CountingStore(FolderStore(data_dir / "blobs"))
    where: S3Settings = request.getfixturevalue("s3_settings")
    return CountingStore(S3Store(where.endpoint, where.access_key, where.secret_key, where.bucket, secure=False))


@pytest.fixture(scope="module")
def parts(way: str, data_dir: Path, store: CountingStore, request: pytest.FixtureRequest) -> Iterator[Parts]:
    sqlite = f"sqlite:///{data_dir / 'test.sqlite3'}"
    parts = make_parts(data_dir, sqlite if way == "embedded" else request.getfixturevalue("postgres_url"), store)
    make_tables(parts)
    yield parts
    parts.database.close()


@pytest.fixture
def photo(request: pytest.FixtureRequest) -> bytes:
    return make_photo(300_000, request.node.name)


def store_has(parts: Parts, photo: bytes) -> bool:
    return parts.blobs.stat(hashlib.sha256(photo).hexdigest()) == len(photo)


def test_a_request_sent_twice_never_claims_more_than_is_stored(
    phone: Phone, parts: Parts, chain: Chain, photo: bytes
) -> None:
    """The case of a duplicate PATCH after which HEAD said complete while the file was absent (SeaweedFS 10941)."""
    metadata = metadata_of(chain, photo)
    url = phone.begin(len(photo), metadata)

    first, second = phone.send(url, 0, photo), phone.send(url, 0, photo)

    assert (first.status_code, second.status_code) == (204, 409)
    assert phone.offset(url) == len(photo)
    assert store_has(parts, photo)
    assert recorded(parts, metadata) == [metadata["sha256"]]
    assert traces(parts, metadata) == (1, 1)


def test_a_request_sent_twice_at_once_is_taken_once(
    phone: Phone, server: Server, token: str, parts: Parts, chain: Chain, photo: bytes
) -> None:
    metadata = metadata_of(chain, photo)
    url = phone.begin(len(photo), metadata)
    claims: list[bool] = []

    def send(_: int) -> int:
        with Phone(server.endpoint, token) as tab:
            status = tab.send(url, 0, photo).status_code
            if tab.offset(url) == len(photo):
                claims.append(store_has(parts, photo) and len(recorded(parts, metadata)) == 1)
            return status

    with ThreadPoolExecutor(4) as tabs:
        answers = sorted(tabs.map(send, range(4)))

    assert answers[0] == 204
    assert set(answers[1:]) <= {409, 423}
    assert claims
    assert all(claims)
    assert traces(parts, metadata) == (1, 1)


def test_two_tabs_with_an_upload_each_make_one_photo(
    server: Server, token: str, parts: Parts, chain: Chain, photo: bytes
) -> None:
    metadata = metadata_of(chain, photo)
    together = threading.Barrier(4)

    def upload(_: int) -> str | None:
        with Phone(server.endpoint, token) as tab:
            url = tab.begin(len(photo), metadata)
            together.wait(10)
            return tab.send(url, 0, photo).headers.get("x-storepatrol-sha256")

    with ThreadPoolExecutor(4) as tabs:
        assert set(tabs.map(upload, range(4))) == {metadata["sha256"]}

    assert recorded(parts, metadata) == [metadata["sha256"]]
    assert traces(parts, metadata) == (1, 1)


def test_a_photo_already_sent_need_not_be_sent_again(
    phone: Phone, parts: Parts, chain: Chain, photo: bytes, store: CountingStore
) -> None:
    metadata = metadata_of(chain, photo)
    phone.create(len(photo), metadata, photo)
    puts = store.puts

    again = phone.create(len(photo), metadata)
    url = phone.endpoint.replace("/api/v1/uploads", again.headers["location"])

    assert again.headers["upload-offset"] == str(len(photo))
    assert again.headers["x-storepatrol-sha256"] == metadata["sha256"]
    assert phone.offset(url) == len(photo)
    assert phone.send(url, len(photo), b"").status_code == 204
    assert store.puts == puts
    assert traces(parts, metadata) == (1, 1)


def test_a_photo_the_store_has_lost_is_taken_again(phone: Phone, parts: Parts, chain: Chain, photo: bytes) -> None:
    metadata = metadata_of(chain, photo)
    phone.create(len(photo), metadata, photo)
    parts.blobs.delete(metadata["sha256"])

    assert phone.create(len(photo), metadata, photo).headers["upload-offset"] == str(len(photo))

    assert store_has(parts, photo)
    assert traces(parts, metadata) == (1, 1)


def test_the_same_id_with_another_photo_is_refused(phone: Phone, chain: Chain, photo: bytes) -> None:
    metadata = metadata_of(chain, photo)
    phone.create(len(photo), metadata, photo)
    other = make_photo(len(photo), "another")

    announced = phone.create(len(other), metadata_of(chain, other, id=metadata["id"]))
    unannounced = phone.create(len(other), metadata_of(chain, other, id=metadata["id"], sha256=None), other)

    for answer in (announced, unannounced):
        assert (answer.status_code, answer.json()["code"]) == (409, "media.content_differs")


def test_the_same_picture_as_two_photos_is_stored_once(phone: Phone, parts: Parts, chain: Chain, photo: bytes) -> None:
    photos = [metadata_of(chain, photo), metadata_of(chain, photo)]
    for metadata in photos:
        phone.create(len(photo), metadata, photo)

    assert [recorded(parts, metadata) for metadata in photos] == [[photos[0]["sha256"]]] * 2
    with parts.database.snapshot(installation()) as session:
        files = session.scalars(sa.select(StoredFile.id).where(StoredFile.sha256 == photos[0]["sha256"])).all()
    assert len(files) == 1


def test_an_id_of_another_company_is_not_taken_over(
    phone: Phone, server: Server, parts: Parts, chain: Chain, photo: bytes
) -> None:
    metadata = metadata_of(chain, photo)
    phone.create(len(photo), metadata, photo)
    stranger = make_chain(parts)

    with Phone(server.endpoint, token_of(parts, stranger.company_id, stranger.supervisor_id)) as other:
        answer = other.create(len(photo), metadata_of(stranger, photo, id=metadata["id"]), photo)

    assert (answer.status_code, answer.json()["code"]) == (409, "upload.id_taken")
    assert recorded(parts, metadata) == [metadata["sha256"]]


def test_while_the_store_is_away_nothing_is_lost_and_nothing_is_claimed(
    phone: Phone, parts: Parts, chain: Chain, store: CountingStore, photo: bytes
) -> None:
    metadata = metadata_of(chain, photo)
    url = phone.begin(len(photo), metadata)
    store.away = StorageUnavailable("pulled plug")
    try:
        answer = phone.send(url, 0, photo)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage.unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert phone.offset(url) == len(photo) - 1
        assert recorded(parts, metadata) == []
    finally:
        store.away = None

    assert phone.resume(url, photo).headers["x-storepatrol-sha256"] == metadata["sha256"]
    assert store_has(parts, photo)


def test_a_creation_while_the_store_is_away_still_tells_its_address(
    phone: Phone, chain: Chain, store: CountingStore, photo: bytes
) -> None:
    store.away = StorageUnavailable("pulled plug")
    try:
        answer = phone.create(len(photo), metadata_of(chain, photo), photo)
    finally:
        store.away = None

    url = phone.endpoint.replace("/api/v1/uploads", answer.headers["location"])
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(len(photo) - 1))
    assert phone.resume(url, photo).status_code == 204


def test_a_lost_part_file_is_told_not_hidden(phone: Phone, parts: Parts, chain: Chain, photo: bytes) -> None:
    url = phone.begin(len(photo), metadata_of(chain, photo))
    phone.send(url, 0, photo[:1000])
    (parts.settings.uploads / f"{url.rsplit('/', 1)[1]}.part").unlink()

    assert phone.offset(url) == 0
    assert phone.resume(url, photo).status_code == 204


def test_content_that_was_deleted_a_moment_before_its_row_came_is_stored_once_more(
    phone: Phone, parts: Parts, chain: Chain, store: CountingStore, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata, before, put = metadata_of(chain, photo), store.puts, store.put

    def put_and_lose(path: Path, sha256: str, size: int, media_type: str) -> None:
        """The last other row with this content went meanwhile, and the content with it."""
        put(path, sha256, size, media_type)
        if store.puts == before + 1:
            store.store.delete(sha256)

    monkeypatch.setattr(store, "put", put_and_lose)
    answer = phone.create(len(photo), metadata, photo)

    assert answer.headers["x-storepatrol-sha256"] == metadata["sha256"]
    assert store_has(parts, photo)
    assert store.puts == before + 2
