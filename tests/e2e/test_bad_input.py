"""What goes wrong in shops ends in a clear refusal or a visible state, and nothing is lost."""

import hashlib
import io
import os
import signal
import struct
import wave
import zlib
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed

from core.ids import new_id
from tests.e2e.actions import begin, complete, one, submit, upload
from tests.e2e.installation import Installation, wait_for
from vision.render import render_shelf

SHELF = render_shelf(1, rows=3, gaps=5)


@pytest.fixture(scope="module")
def supervisor(embedded: Installation) -> httpx.Client:
    return embedded.sign_in("supervisor")


@pytest.fixture
def visit(supervisor: httpx.Client) -> str:
    shop = one(supervisor, "/org/nodes?kind=store&limit=100", lambda node: node["code"] == "SH03")
    visit_id = str(new_id())
    begin(supervisor, visit_id, shop["id"])
    return visit_id


def seen(supervisor: httpx.Client, visit: str, picture: bytes, name: str = "shelf.jpg") -> Any:
    """Send a picture; return the photo once it has been looked at."""
    photo_id = str(new_id())
    upload(supervisor, picture, kind="photo", id=photo_id, visit_id=visit, filename=name)
    return wait_for(f"{name} is settled", lambda: settled(supervisor, f"/photos/{photo_id}"))


def settled(client: httpx.Client, path: str) -> Any:
    entry = client.get(path).json()
    return entry if entry["state"] != "stored" else None


def converted(mode: str, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(SHELF.jpeg)) as picture:
        picture.convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


def bomb() -> bytes:
    """A PNG of 400 megapixels in a few hundred bytes."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def deep() -> bytes:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(SHELF.jpeg)) as picture:
        picture.convert("L").convert("I").point(lambda value: value * 257).convert("I;16").save(buffer, "PNG")
    return buffer.getvalue()


def sideways() -> bytes:
    """The shelf as a phone held upright stores it: turned, with a note to turn it back."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(SHELF.jpeg)) as picture:
        exif = Image.Exif()
        exif[0x0112] = 6
        picture.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("truncated.jpg", SHELF.jpeg[: len(SHELF.jpeg) // 2]),
        ("bomb.png", bomb()),
        ("noise.jpg", SHELF.jpeg[:40] + os.urandom(4000)),
    ],
)
def test_a_picture_that_cannot_be_read_says_so_in_both_languages(
    supervisor: httpx.Client, visit: str, name: str, picture: bytes
) -> None:
    photo = seen(supervisor, visit, picture, name)
    assert photo["state"] == "unreadable"
    assert photo["problem"]["zh"]
    assert photo["problem"]["en"]
    assert supervisor.get(f"/visits/{visit}").json()["progress"]["failed"] == 1


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("cmyk.jpg", converted("CMYK", "JPEG")),
        ("palette.png", converted("P", "PNG")),
        ("deep.png", deep()),
        ("sideways.jpg", sideways()),
        ("shelf.webp", converted("RGB", "WEBP")),
    ],
)
def test_an_unusual_picture_is_seen_upright_and_in_colour(
    supervisor: httpx.Client, visit: str, name: str, picture: bytes
) -> None:
    photo = seen(supervisor, visit, picture, name)
    assert photo["state"] == "analysed", photo["problem"]
    assert (photo["reading"]["width"], photo["reading"]["height"]) == (SHELF.width, SHELF.height)
    assert photo["reading"]["gaps"]


@pytest.mark.parametrize(("kind", "name", "code"), [("photo", "shelf.jpg", "upload.not_a_photo"),
                                                    ("voice", "note.m4a", "upload.not_a_recording")])  # fmt: skip
def test_a_pdf_under_another_name_is_refused_and_told_so(
    supervisor: httpx.Client, visit: str, kind: str, name: str, code: str
) -> None:
    with pytest.raises(TusUploadFailed) as refused:
        upload(supervisor, b"%PDF-1.7\n" + b"x" * 5000, kind=kind, id=str(new_id()), visit_id=visit, filename=name)
    assert refused.value.status_code == 415
    assert code.encode() in refused.value.response_content


def test_a_checksum_that_does_not_match_is_refused_and_nothing_is_stored(supervisor: httpx.Client, visit: str) -> None:
    photo_id = str(new_id())
    headers = {"Authorization": supervisor.headers["Authorization"]}
    metadata = {"kind": "photo", "id": photo_id, "visit_id": visit, "sha256": hashlib.sha256(b"other").hexdigest()}
    uploader = TusClient(f"{supervisor.base_url}uploads", headers=headers).uploader(
        file_stream=io.BytesIO(SHELF.jpeg), metadata=metadata
    )
    with pytest.raises(TusUploadFailed) as refused:
        uploader.upload()
    assert refused.value.status_code == 460
    assert supervisor.get(f"/photos/{photo_id}").status_code == 404


def recording(samples: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(samples)
    return buffer.getvalue()


@pytest.mark.parametrize("samples", [bytes(2 * 16_000 * 4), os.urandom(2 * 16_000 * 4)], ids=["silence", "noise"])
def test_a_note_without_speech_is_heard_as_nothing_and_says_why(
    supervisor: httpx.Client, visit: str, samples: bytes
) -> None:
    note_id = str(new_id())
    upload(supervisor, recording(samples), kind="voice", id=note_id, visit_id=visit, filename="note.wav")
    note = wait_for("the note is settled", lambda: settled(supervisor, f"/voice-notes/{note_id}"))
    assert note["state"] == "transcribed"
    assert note["text"] == ""
    assert note["empty_reason"]
    assert note["issues"] == []


def test_a_visit_sent_twice_with_other_content_is_refused(supervisor: httpx.Client) -> None:
    shop = one(supervisor, "/org/nodes?kind=store&limit=100", lambda node: node["code"] == "SH03")
    visit_id = str(new_id())
    version = begin(supervisor, visit_id, shop["id"])
    first = submit(supervisor, visit_id, version, [], [])
    again = submit(supervisor, visit_id, version, [], [])
    # A worker may have closed the books on the visit between the two answers.
    assert _without_progress(first) == _without_progress(again)
    other = supervisor.post(f"/visits/{visit_id}/submit", json={"answers": []})
    assert other.status_code == 409
    assert other.json()["code"] == "visit.already_submitted"


def _without_progress(visit: Any) -> Any:
    return {key: value for key, value in visit.items() if key != "progress"}


def test_an_answer_to_an_item_the_version_does_not_have_is_named(supervisor: httpx.Client, visit: str) -> None:
    answer = supervisor.post(f"/visits/{visit}/submit", json={"answers": [{"item_id": "no.such", "value": True}]})
    assert answer.status_code == 422
    assert "no.such" in answer.text


def test_a_vision_worker_that_is_killed_loses_nothing(
    embedded: Installation, supervisor: httpx.Client, visit: str
) -> None:
    photos = [str(new_id()) for _ in range(4)]
    for number, photo_id in enumerate(photos):
        picture = render_shelf(50 + number, rows=3, gaps=5).jpeg
        upload(supervisor, picture, kind="photo", id=photo_id, visit_id=visit, filename="shelf.jpg")
        if number == 1:
            os.kill(vision_worker().pid, signal.SIGKILL)
    for photo_id in photos:
        photo = wait_for("the photo is analysed", lambda id_=photo_id: settled(supervisor, f"/photos/{id_}"), 60)
        assert photo["state"] == "analysed", photo["problem"]
    assert any(line.get("event", "").startswith("worker died") for line in embedded.log())
    assert complete(supervisor, visit) is None  # it was not sent yet


def vision_worker() -> psutil.Process:
    for process in psutil.Process().children(recursive=True):
        if {"--child", "vision"} <= set(process.cmdline()):
            return process
    raise AssertionError("no vision worker is running")
