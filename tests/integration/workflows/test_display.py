"""Beside what a phone sent lies a picture that every screen can show."""

import io

import pillow_heif
import pytest
from PIL import Image

from tests.integration.workflows.world import Shop
from vision.photo import open_photo
from workflows.visits.model import Photo

GPS = 0x8825


def a_photo(form: str, size: tuple[int, int], orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 14.0, 9.0)})
    picture, sink = Image.new("RGB", size, (200, 30, 40)), io.BytesIO()
    if form == "HEIC":
        pillow_heif.from_pillow(picture).save(sink, quality=50)
    else:
        picture.save(sink, form, exif=exif)
    return sink.getvalue()


def shown(shop: Shop, content: bytes) -> tuple[Photo, Image.Image]:
    photo_id = shop.photo(shop.visit(), content)
    shop.work()
    photo = shop.one(Photo, Photo.id == photo_id)
    assert photo.display_sha256 is not None
    return photo, Image.open(io.BytesIO(shop.parts.blobs.read(photo.display_sha256)))


@pytest.mark.parametrize("form", ["HEIC", "PNG", "WEBP"])
def test_what_not_every_browser_knows_is_shown_as_jpeg(shop: Shop, form: str) -> None:
    _, picture = shown(shop, a_photo(form, (640, 480)))
    assert (picture.format, picture.size) == ("JPEG", (640, 480))


def test_a_large_photo_is_shown_upright_at_a_size_for_screens(shop: Shop) -> None:
    _, picture = shown(shop, a_photo("JPEG", (3600, 2400), orientation=6))
    assert (picture.format, picture.size) == ("JPEG", (1067, 1600))


def test_what_is_shown_does_not_tell_where_the_phone_stood(shop: Shop) -> None:
    content = a_photo("JPEG", (1600, 1200))
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(GPS), "the original tells"
    photo, picture = shown(shop, content)
    assert not picture.getexif()
    assert picture.size == (1600, 1200)
    assert photo.display_sha256 != photo.sha256


def test_a_photo_that_cannot_be_read_has_nothing_to_show(shop: Shop) -> None:
    photo_id = shop.photo(shop.visit(), b"\xff\xd8\xff no photo")
    shop.work()
    assert shop.one(Photo, Photo.id == photo_id).display_sha256 is None


def test_display_and_original_show_the_same_place_of_the_shelf(shop: Shop) -> None:
    content = a_photo("JPEG", (2400, 1800), orientation=8)
    _, picture = shown(shop, content)
    original = open_photo(content)
    assert picture.width / picture.height == pytest.approx(original.width / original.height, abs=0.01)
