"""The protocol as a client meets it, right and wrong."""

import base64
import datetime as dt
import hashlib
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from core.clock import ShiftedClock
from core.ids import new_id
from core.parts import Parts
from tests.integration.uploads.world import (
    Chain,
    Phone,
    Server,
    encode,
    make_chain,
    make_parts,
    make_photo,
    make_tables,
    metadata_of,
    recorded,
    token_of,
)
from workflows.uploads.service import expire_uploads

PHOTO = make_photo(50_000)
WAV = b"RIFF" + (40_000).to_bytes(4, "little") + b"WAVEfmt " + bytes(39_992)
PDF = b"%PDF-1.7\n" + make_photo(200_000)


def checksum_of(body: bytes, algorithm: str = "sha1") -> dict[str, str]:
    digest = hashlib.new(algorithm, body).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


def parts_left(parts: Parts, url: str) -> list[Path]:
    return sorted(parts.settings.uploads.glob(f"{url.rsplit('/', 1)[1]}*"))


def test_the_server_says_what_it_can_do_without_being_signed_in(phone: Phone) -> None:
    del phone.http.headers["Authorization"], phone.http.headers["Tus-Resumable"]

    answer = phone.http.options(phone.endpoint)

    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,creation-with-upload,checksum,termination,expiration"
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"
    assert answer.headers["tus-max-size"] == str(110 * 1024 * 1024)


def test_an_upload_tells_where_it_stands(phone: Phone, chain: Chain) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)
    phone.send(url, 0, PHOTO[:1000])

    answer = phone.http.head(url)

    assert answer.headers["upload-offset"] == "1000"
    assert answer.headers["upload-length"] == str(len(PHOTO))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert sorted(answer.headers["upload-metadata"].split(",")) == sorted(encode(metadata).split(","))
    assert parsedate_to_datetime(answer.headers["upload-expires"]) > dt.datetime.now(dt.UTC)


def test_a_photo_can_be_sent_with_its_creation(phone: Phone, parts: Parts, chain: Chain) -> None:
    metadata = metadata_of(chain, PHOTO)

    answer = phone.create(len(PHOTO), metadata, PHOTO)

    assert answer.status_code == 201
    assert answer.headers["upload-offset"] == str(len(PHOTO))
    assert answer.headers["x-storepatrol-sha256"] == metadata["sha256"]
    assert recorded(parts, metadata) == [metadata["sha256"]]
    assert parts_left(parts, answer.headers["location"]) == []


def test_creation_may_bring_only_the_beginning(phone: Phone, chain: Chain) -> None:
    answer = phone.create(len(PHOTO), metadata_of(chain, PHOTO), PHOTO[:777])
    url = phone.endpoint.replace("/api/v1/uploads", answer.headers["location"])

    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "777")
    assert phone.resume(url, PHOTO).status_code == 204


@pytest.mark.parametrize("version", ["0.2.2", None])
def test_another_version_of_the_protocol_is_refused(phone: Phone, chain: Chain, version: str | None) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    del phone.http.headers["Tus-Resumable"]
    headers = {"Tus-Resumable": version} if version else {}

    for answer in (
        phone.create(10, {}, **headers),
        phone.http.head(url, headers=headers),
        phone.send(url, 0, PHOTO, **headers),
        phone.http.delete(url, headers=headers),
    ):
        assert answer.status_code == 412
        assert answer.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize("offset", [1, 999, 1001, 49_999, 50_000])
def test_another_offset_than_ours_is_refused_and_changes_nothing(phone: Phone, chain: Chain, offset: int) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    phone.send(url, 0, PHOTO[:1000])

    answer = phone.send(url, offset, b"")

    assert (answer.status_code, answer.json()["code"]) == (409, "upload.offset_differs")
    assert answer.json()["upload_offset"] == 1000
    assert phone.offset(url) == 1000


@pytest.mark.parametrize("offset", ["", "-1", "1.0", "０", "99999999999999999999"])
def test_an_offset_that_is_no_number_is_refused(phone: Phone, chain: Chain, offset: str) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))

    answer = phone.http.patch(
        url,
        headers={"Upload-Offset": offset.encode(), "Content-Type": "application/offset+octet-stream"},
        content=PHOTO,
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "upload.bad_number")


def test_another_content_type_is_refused(phone: Phone, chain: Chain) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))

    patched = phone.send(url, 0, PHOTO, **{"Content-Type": "image/jpeg"})
    created = phone.create(len(PHOTO), metadata_of(chain, PHOTO), PHOTO, **{"Content-Type": "image/jpeg"})

    for answer in (patched, created):
        assert (answer.status_code, answer.json()["code"]) == (415, "upload.wrong_content_type")


@pytest.mark.parametrize(("kind", "limit"), [("photo", 30), ("voice", 110)])
def test_a_file_over_the_limit_is_refused_before_it_is_sent(phone: Phone, chain: Chain, kind: str, limit: int) -> None:
    metadata = metadata_of(chain, PHOTO, kind=kind)

    answer = phone.create(limit * 1024 * 1024 + 1, metadata)

    assert (answer.status_code, answer.json()["code"]) == (413, "upload.too_large")
    assert phone.create(limit * 1024 * 1024, metadata).status_code == 201


def test_more_bytes_than_announced_are_refused(phone: Phone, parts: Parts, chain: Chain) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)

    def in_pieces() -> Iterator[bytes]:
        yield PHOTO
        yield b"!"

    for body in (PHOTO + b"!", in_pieces()):
        answer = phone.send(url, 0, body)
        assert (answer.status_code, answer.json()["code"]) == (413, "upload.past_its_length")
        assert phone.offset(url) == 0
    assert recorded(parts, metadata) == []
    assert phone.send(url, 0, PHOTO).status_code == 204


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_damaged_piece_is_sent_again(phone: Phone, chain: Chain, algorithm: str) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    phone.send(url, 0, PHOTO[:1000])
    damaged = PHOTO[1000:20_000] + b"?" + PHOTO[20_001:]

    answer = phone.send(url, 1000, damaged, **checksum_of(PHOTO[1000:], algorithm))

    assert (answer.status_code, answer.json()["code"]) == (460, "upload.checksum_mismatch")
    assert phone.offset(url) == 1000
    assert phone.send(url, 1000, PHOTO[1000:], **checksum_of(PHOTO[1000:], algorithm)).status_code == 204


@pytest.mark.parametrize(
    "value", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1 !!", "sha1", "sha256 2jmj7l5rSw0yVb/vlWAYkK/YBwk="]
)
def test_a_checksum_we_cannot_check_is_refused(phone: Phone, chain: Chain, value: str) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))

    assert phone.send(url, 0, PHOTO, **{"Upload-Checksum": value}).status_code == 400
    assert phone.offset(url) == 0


def test_a_file_that_is_not_what_was_announced_is_discarded(phone: Phone, parts: Parts, chain: Chain) -> None:
    metadata = metadata_of(chain, b"another photo")
    url = phone.begin(len(PHOTO), metadata)

    answer = phone.send(url, 0, PHOTO)

    assert (answer.status_code, answer.json()["code"]) == (460, "upload.checksum_mismatch")
    assert phone.http.head(url).status_code == 404
    assert recorded(parts, metadata) == []
    assert parts_left(parts, url) == []


def test_a_pdf_named_jpg_is_refused_by_its_first_bytes(phone: Phone, parts: Parts, chain: Chain) -> None:
    metadata = metadata_of(chain, PDF, filename="货架.jpg", filetype="image/jpeg")
    url = phone.begin(len(PDF), metadata)

    patched = phone.send(url, 0, PDF[:600])
    created = phone.create(len(PDF), metadata, PDF[:600])

    for answer in (patched, created):
        assert (answer.status_code, answer.json()["code"]) == (415, "upload.not_a_photo")
        assert len(answer.json()["detail"]) > 10
    assert phone.http.head(url).status_code == 404
    assert parts_left(parts, url) == []


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff\xe1",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    ],
    ids=["jpeg", "png", "webp", "heic"],
)
def test_every_kind_of_photo_a_phone_takes_is_accepted(phone: Phone, chain: Chain, head: bytes) -> None:
    photo = head + PHOTO

    assert phone.create(len(photo), metadata_of(chain, photo), photo).status_code == 201


def test_a_file_shorter_than_any_head_is_judged_too(phone: Phone, chain: Chain) -> None:
    assert phone.create(3, metadata_of(chain, b"abc"), b"abc").json()["code"] == "upload.not_a_photo"
    assert phone.create(6, metadata_of(chain, b"\xff\xd8\xff\xe0ab"), b"\xff\xd8\xff\xe0ab").status_code == 201


def test_a_voice_note_is_a_recording(phone: Phone, parts: Parts, chain: Chain) -> None:
    metadata = metadata_of(chain, WAV, kind="voice")

    assert phone.create(len(WAV), metadata, WAV).status_code == 201
    assert recorded(parts, metadata) == [metadata["sha256"]]
    refused = phone.create(len(PHOTO), metadata_of(chain, PHOTO, kind="voice"), PHOTO)
    assert (refused.status_code, refused.json()["code"]) == (415, "upload.not_a_recording")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"kind": "video"}, "kind"),
        ({"kind": None}, "kind"),
        ({"id": "7"}, "id"),
        ({"visit_id": None}, "visit_id"),
        ({"kind": "after"}, "task_id"),
        ({"task_id": str(new_id())}, "task_id"),
        ({"captured_at": "2026-11-22T08:00:00"}, "captured_at"),
        ({"source": "scanner"}, "source"),
        ({"item_id": "x" * 65}, "item_id"),
        ({"sha256": "abc"}, "sha256"),
    ],
)
def test_metadata_that_cannot_be_right_are_named(
    phone: Phone, chain: Chain, changes: dict[str, str | None], key: str
) -> None:
    answer = phone.create(len(PHOTO), metadata_of(chain, PHOTO, **changes))

    assert (answer.status_code, answer.json()["code"], answer.json()["key"]) == (422, "upload.bad_target", key)


@pytest.mark.parametrize("value", ["kind", "kind photo,", "a Zg==,a Zg==", "kind cGhvdG8", "kind AAAA", "kind /w=="])
def test_metadata_that_cannot_be_read_are_refused(phone: Phone, value: str) -> None:
    answer = phone.http.post(phone.endpoint, headers={"Upload-Length": "9", "Upload-Metadata": value})

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_empty_file_is_refused(phone: Phone, chain: Chain) -> None:
    assert phone.create(0, metadata_of(chain, b"")).json()["code"] == "upload.empty"


@pytest.mark.parametrize("header", ["Upload-Defer-Length", "Upload-Concat"])
def test_what_is_not_offered_is_refused(phone: Phone, chain: Chain, header: str) -> None:
    assert phone.create(9, metadata_of(chain, b""), **{header: "1"}).json()["code"] == "upload.not_offered"


def test_a_visit_or_task_that_is_not_there_takes_no_photo(phone: Phone, chain: Chain) -> None:
    nowhere = str(new_id())

    for_visit = phone.create(9, metadata_of(chain, PHOTO, visit_id=nowhere))
    for_task = phone.create(9, metadata_of(chain, PHOTO, visit_id=None, task_id=nowhere, kind="after"))

    assert (for_visit.status_code, for_visit.json()["code"]) == (404, "visit.not_found")
    assert (for_task.status_code, for_task.json()["code"]) == (404, "task.not_found")


def test_a_terminated_upload_is_gone(phone: Phone, parts: Parts, chain: Chain) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    phone.send(url, 0, PHOTO[:1000])

    assert phone.http.delete(url).status_code == 204

    assert parts_left(parts, url) == []
    assert phone.http.head(url).status_code == 404
    assert phone.send(url, 1000, PHOTO[1000:]).status_code == 404
    assert phone.http.delete(url).status_code == 404


def test_a_stored_photo_cannot_be_taken_back(phone: Phone, parts: Parts, chain: Chain) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)
    phone.send(url, 0, PHOTO)

    answer = phone.http.delete(url)

    assert (answer.status_code, answer.json()["code"]) == (409, "upload.stored")
    assert recorded(parts, metadata) == [metadata["sha256"]]


def test_networks_that_know_only_post_can_upload(phone: Phone, chain: Chain) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    other = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}

    sent = phone.http.post(url, headers={**headers, "X-HTTP-Method-Override": "PATCH"}, content=PHOTO)
    asked = phone.http.post(url, headers={"X-HTTP-Method-Override": "HEAD"})
    ended = phone.http.post(other, headers={"X-HTTP-Method-Override": "DELETE"})

    assert (sent.status_code, sent.headers["upload-offset"]) == (204, str(len(PHOTO)))
    assert (asked.status_code, asked.headers["upload-offset"]) == (200, str(len(PHOTO)))
    assert ended.status_code == 204
    assert phone.http.post(url).status_code == 405


def test_nobody_else_finds_an_upload(phone: Phone, server: Server, parts: Parts, chain: Chain) -> None:
    stranger = make_chain(parts)
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))

    for company_id, person_id in (
        (chain.company_id, chain.manager_id),
        (chain.company_id, chain.elsewhere_id),
        (stranger.company_id, stranger.supervisor_id),
    ):
        with Phone(server.endpoint, token_of(parts, company_id, person_id)) as other:
            answers = [other.http.head(url), other.send(url, 0, PHOTO), other.http.delete(url)]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert answers[1].json()["code"] == "upload.not_found"
    assert phone.offset(url) == 0


def test_a_photo_for_a_visit_outside_ones_part_of_the_tree_is_refused(
    phone: Phone, server: Server, parts: Parts, chain: Chain
) -> None:
    of_another_company = phone.create(len(PHOTO), metadata_of(make_chain(parts), PHOTO))
    with Phone(server.endpoint, token_of(parts, chain.company_id, chain.elsewhere_id)) as southern:
        of_another_region = southern.create(len(PHOTO), metadata_of(chain, PHOTO))

    for answer in (of_another_company, of_another_region):
        assert (answer.status_code, answer.json()["code"]) == (404, "visit.not_found")


def test_without_a_token_nothing_is_taken(phone: Phone, chain: Chain) -> None:
    del phone.http.headers["Authorization"]

    assert phone.create(len(PHOTO), metadata_of(chain, PHOTO), PHOTO).status_code == 401


def test_two_tabs_do_not_write_at_once(phone: Phone, server: Server, parts: Parts, chain: Chain) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)
    may_end, has_begun = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield PHOTO[:20_000]
        for i in range(20_000, 29_000):
            has_begun.set()
            yield PHOTO[i : i + 1]
            if may_end.wait(0.1):
                yield PHOTO[i + 1 :]
                return

    first: list[int] = []
    tab = threading.Thread(target=lambda: first.append(phone.send(url, 0, slowly()).status_code))
    tab.start()
    has_begun.wait(10)
    with Phone(server.endpoint, token_of(parts, chain.company_id, chain.supervisor_id)) as second_tab:
        answer = second_tab.send(url, 0, PHOTO)
        ended = second_tab.http.delete(url)
    may_end.set()
    tab.join()

    for refused in (answer, ended):
        assert (refused.status_code, refused.json()["code"]) == (423, "upload.locked")
        assert "retry-after" in refused.headers
    assert first == [204]
    assert recorded(parts, metadata) == [metadata["sha256"]]


class TestTime:
    @pytest.fixture
    def clock(self) -> ShiftedClock:
        return ShiftedClock(dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC))

    @pytest.fixture
    def parts(self, tmp_path: Path, clock: ShiftedClock) -> Iterator[Parts]:
        parts = make_parts(tmp_path, f"sqlite:///{tmp_path / 'test.sqlite3'}", clock=clock)
        make_tables(parts)
        yield parts
        parts.database.close()

    @pytest.fixture
    def server(self, parts: Parts) -> Iterator[Server]:
        with Server(parts) as server:
            yield server

    def renew(self, phone: Phone, parts: Parts, chain: Chain) -> None:
        token = token_of(parts, chain.company_id, chain.supervisor_id)
        phone.http.headers["Authorization"] = f"Bearer {token}"

    def test_an_upload_nobody_finished_expires(
        self, phone: Phone, parts: Parts, chain: Chain, clock: ShiftedClock
    ) -> None:
        url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
        phone.send(url, 0, PHOTO[:1000])
        clock.advance(dt.timedelta(days=7))
        self.renew(phone, parts, chain)

        answers = [phone.http.head(url), phone.send(url, 1000, PHOTO[1000:]), phone.http.delete(url)]
        assert [answer.status_code for answer in answers] == [410, 410, 410]
        assert answers[1].json()["code"] == "upload.expired"

        assert expire_uploads(parts, clock.now()) == 1
        assert parts_left(parts, url) == []
        assert phone.http.head(url).status_code == 404

    def test_progress_gives_more_time(self, phone: Phone, parts: Parts, chain: Chain, clock: ShiftedClock) -> None:
        url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
        clock.advance(dt.timedelta(days=6))
        self.renew(phone, parts, chain)
        phone.send(url, 0, PHOTO[:1000])
        clock.advance(dt.timedelta(days=6))
        self.renew(phone, parts, chain)

        assert expire_uploads(parts, clock.now()) == 0
        assert phone.resume(url, PHOTO).status_code == 204

    def test_a_finished_upload_is_forgotten_and_its_photo_is_not(
        self, phone: Phone, parts: Parts, chain: Chain, clock: ShiftedClock
    ) -> None:
        metadata = metadata_of(chain, PHOTO)
        url = phone.begin(len(PHOTO), metadata)
        phone.send(url, 0, PHOTO)
        clock.advance(dt.timedelta(days=8))
        self.renew(phone, parts, chain)

        assert phone.offset(url) == len(PHOTO)
        assert expire_uploads(parts, clock.now()) == 1
        assert phone.http.head(url).status_code == 404
        assert recorded(parts, metadata) == [metadata["sha256"]]
