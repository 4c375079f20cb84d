"""Photos used before, capture codes, fences: noted beside each photo, told to people, blocking nothing."""

import datetime as dt
import io
import uuid

import numpy as np
import pytest
from PIL import Image

from core.ids import new_id
from core.scope import ScopedSession
from tests.integration.workflows.world import Shop
from vision.render import render_shelf
from workflows.evidence import service
from workflows.evidence.claims import Claims
from workflows.evidence.model import PhotoEvidence, PhotoPrint
from workflows.evidence.nonces import LIVES, Bearer, Nonces
from workflows.evidence.policy import distance_m
from workflows.uploads.protocol import target_of
from workflows.verification.model import FixAttempt
from workflows.visits.media import MediaTarget
from workflows.visits.model import Photo

SHELF, OTHER_SHELF = (render_shelf(seed).jpeg for seed in (31, 32))


def saved(picture: Image.Image, quality: int = 70, exif: Image.Exif | None = None) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=exif or Image.Exif())
    return out.getvalue()


def mirrored_crop(content: bytes) -> bytes:
    picture = Image.open(io.BytesIO(content))
    width, height = picture.size
    kept = np.asarray(picture)[: round(0.95 * height), : round(0.95 * width)]
    return saved(Image.fromarray(np.ascontiguousarray(kept[:, ::-1])).resize((1000, 750)))


def codes(shop: Shop, photo_id: uuid.UUID) -> set[str]:
    return {doubt.code for doubt in shop.one(PhotoEvidence, PhotoEvidence.id == photo_id).doubts}


def claim(shop: Shop, visit_id: uuid.UUID, **claims: object) -> uuid.UUID:
    """A photo of its own with what a phone says of it."""
    target = MediaTarget(
        "photo", new_id(), visit_id=visit_id, captured_at=shop.parts.clock.now(), claims=Claims(**claims)
    )  # type: ignore[arg-type]
    content = saved(Image.effect_noise((640, 480), 80).convert("RGB"))
    shop._media(target, content)
    shop.work()
    return target.id


def test_a_photo_sent_before_for_another_store_is_doubted(shop: Shop) -> None:
    first = shop.photo(shop.visit("store_a"), SHELF)
    shop.work()
    shop.parts_clock_ticks(dt.timedelta(days=3))
    again = shop.photo(shop.visit("store_b", "hq"), SHELF, person="hq")
    shop.work()
    evidence = shop.one(PhotoEvidence, PhotoEvidence.id == again)
    assert (evidence.doubtful, evidence.like_photo_id) == (True, first)
    (doubt,) = evidence.doubts
    assert doubt.code == "same_file"
    assert "another store" in doubt.text.en
    assert "另一家门店" in doubt.text.zh
    assert codes(shop, first) == set()


def test_it_is_found_mirrored_cropped_and_saved_again(shop: Shop) -> None:
    first = shop.photo(shop.visit(), SHELF)
    other = shop.photo(shop.visit(), OTHER_SHELF)
    shop.work()
    shop.parts_clock_ticks(dt.timedelta(days=1))
    copy = shop.photo(shop.visit(), mirrored_crop(SHELF))
    shop.work()
    assert codes(shop, copy) == {"same_picture"}
    assert shop.one(PhotoEvidence, PhotoEvidence.id == copy).like_photo_id == first
    assert codes(shop, other) == set()


def test_the_same_photo_twice_in_one_visit_is_no_fraud(shop: Shop) -> None:
    visit = shop.visit()
    shop.photo(visit, SHELF)
    shop.parts_clock_ticks()
    again = shop.photo(visit, SHELF)
    shop.work()
    assert codes(shop, again) == {"twice_in_visit"}
    assert not shop.one(PhotoEvidence, PhotoEvidence.id == again).doubtful


def test_an_after_photo_used_before_goes_to_a_person_though_the_gap_looks_filled(shop: Shop) -> None:
    shop.photo(shop.visit("store_b", "hq"), OTHER_SHELF, person="hq")
    shop.work()
    task = shop.open_task("store_a")
    photo_id = shop.after(task.id, content=OTHER_SHELF)
    shop.work()
    attempt = shop.one(FixAttempt, FixAttempt.photo_id == photo_id)
    assert (attempt.verdict, attempt.reasons) == ("unsure", ("used_before",))
    assert shop.one(type(task), type(task).id == task.id).state == "in_review"


def test_weighing_twice_changes_nothing(shop: Shop) -> None:
    photo_id = shop.photo(shop.visit(), SHELF)
    shop.work()
    prints, before = shop.count(PhotoPrint), shop.one(PhotoEvidence)
    from workflows.evidence.weighing import examine, note

    examined = examine(shop.tools, shop.company.id, photo_id)
    with shop.parts.database.transaction(shop.company.system()) as session:
        note(session, shop.parts.clock.now(), examined)
    after = shop.one(PhotoEvidence)
    assert (shop.count(PhotoPrint), after.score, after.doubts) == (prints, before.score, before.doubts)


def test_what_a_capture_code_proves(shop: Shop) -> None:
    company, store = shop.company, shop.company.nodes["store_a"]
    nonces, now = Nonces(shop.parts.settings.secret_key), shop.parts.clock.now()
    mine = Bearer(company.id, company.people["supervisor"], store)
    visit = shop.visit()
    good = nonces.give(mine, now)
    first = claim(shop, visit, nonce=good)
    assert codes(shop, first) == set()
    assert shop.one(PhotoEvidence, PhotoEvidence.id == first).facts["nonce"] == "good"
    shop.parts_clock_ticks()
    assert codes(shop, claim(shop, visit, nonce=good)) == {"nonce_used"}
    of_another = nonces.give(Bearer(company.id, company.people["manager_a"], store), now)
    assert codes(shop, claim(shop, visit, nonce=of_another)) == {"nonce_invalid"}
    assert codes(shop, claim(shop, visit, nonce="invented")) == {"nonce_invalid"}
    late = nonces.give(mine, now - LIVES - dt.timedelta(hours=1))
    assert codes(shop, claim(shop, visit, nonce=late)) == {"nonce_late"}
    assert codes(shop, claim(shop, visit)) == set()  # an old client says nothing, which is no doubt


def test_a_position_counts_only_where_the_company_asks_and_the_store_has_a_fence(shop: Shop) -> None:
    visit, store = shop.visit(), shop.company.nodes["store_a"]
    far = {"position": "given", "latitude": 31.30, "longitude": 121.5, "accuracy_m": 30.0}
    unasked = claim(shop, visit, **far)
    assert shop.one(PhotoEvidence, PhotoEvidence.id == unasked).latitude is None

    def change(session: ScopedSession) -> None:
        now = shop.parts.clock.now()
        service.choose(session, now, ask_position=True, version=0)
        service.put_fence(session, now, store, (31.20, 121.5), 300, 0)

    with shop.parts.database.transaction(shop.caller("admin")) as session:
        change(session)
    assert codes(shop, claim(shop, visit, **far)) == {"outside_store"}
    assert codes(shop, claim(shop, visit, **{**far, "latitude": 31.2015})) == set()
    assert codes(shop, claim(shop, visit, position="refused")) == set()


def test_where_a_photo_was_taken_is_not_in_the_copy_that_is_shown(shop: Shop) -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 12.0, 0.0), 3: "E", 4: (121.0, 30.0, 0.0)}
    photo_id = shop.photo(shop.visit(), saved(Image.effect_noise((640, 480), 80).convert("RGB"), exif=exif))
    shop.work()
    photo = shop.one(Photo, Photo.id == photo_id)
    for sha256 in (photo.display_sha256, photo.thumb_sha256, photo.overlay_sha256):
        assert sha256 not in (None, photo.sha256)
        assert not Image.open(io.BytesIO(shop.parts.blobs.read(str(sha256)))).getexif()
    assert shop.one(PhotoEvidence).facts["latitude"] == pytest.approx(31.2)


def test_nonsense_from_a_phone_costs_nobody_a_photo() -> None:
    ids = {"id": str(new_id()), "visit_id": str(new_id())}
    target = target_of({"kind": "photo", **ids, "latitude": "north", "clock_offset_ms": "inf", "nonce": "n" * 999})
    assert target.claims == Claims()
    assert target_of({"kind": "photo", **ids, "position": "refused"}).claims.position == "refused"


def test_distances_over_ground() -> None:
    assert distance_m((31.2304, 121.4737), (39.9042, 116.4074)) == pytest.approx(1_067_000, rel=0.01)
    assert distance_m((0, 179.999), (0, -179.999)) == pytest.approx(222, rel=0.02)
