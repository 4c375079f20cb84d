"""A photo from outside is either opened upright in RGB or refused with a stable code; nothing else happens."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.unit.vision.bad_photos import PDF, animated, encoded, heic, picture, png_bomb, rotated_by_exif
from vision.errors import PROBLEMS, PhotoError
from vision.photo import HEAD_BYTES, MAX_BYTES, open_photo, sniff, thumbnail


def code_of(data: bytes) -> str:
    with pytest.raises(PhotoError) as refused:
        open_photo(data)
    assert refused.value.detail == PROBLEMS[refused.value.code]
    return refused.value.code


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (encoded(picture()), "image/jpeg"),
        (encoded(picture(), "PNG"), "image/png"),
        (encoded(picture(), "WEBP"), "image/webp"),
        (encoded(picture(), "AVIF"), "image/avif"),
        (heic(picture()), "image/heic"),
    ],
)
def test_every_accepted_format_is_recognised_by_its_first_bytes_and_opened(data: bytes, media_type: str) -> None:
    assert sniff(data[:HEAD_BYTES]) == media_type
    photo = open_photo(data)
    assert (photo.width, photo.height, photo.media_type) == (400, 300, media_type)
    assert photo.pixels.shape == (300, 400, 3)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels[250, 100, 0] > 180  # red on the left
    assert photo.pixels[250, 300, 2] > 180  # blue on the right


@pytest.mark.parametrize(
    "head", [b"", b"\xff", PDF, b"GIF89a....", b"BM1234", b"RIFF1234WAVE", b"\0\0\0\x18ftypisom\0\0\0\0"]
)
def test_what_is_no_photo_is_not_recognised(head: bytes) -> None:
    assert sniff(head) is None


@given(st.binary(max_size=HEAD_BYTES))
def test_sniffing_never_fails(head: bytes) -> None:
    assert sniff(head) in {None, "image/jpeg", "image/png", "image/webp", "image/avif", "image/heic"}


def test_a_pdf_named_jpg_is_not_a_photo() -> None:
    assert code_of(PDF) == "photo.not_a_photo"


def test_an_empty_file_is_told_apart() -> None:
    assert code_of(b"") == "photo.empty"


def test_a_gif_is_not_accepted() -> None:
    assert code_of(encoded(picture(), "GIF")) == "photo.not_a_photo"


def test_a_file_over_thirty_megabytes_is_refused_unread() -> None:
    assert code_of(b"\xff\xd8\xff" + bytes(MAX_BYTES)) == "photo.too_large"


def test_who_accepts_larger_or_smaller_files_says_so() -> None:
    data = encoded(picture())
    assert open_photo(data, max_bytes=len(data)).width == 400
    with pytest.raises(PhotoError, match="too_large"):
        open_photo(data, max_bytes=len(data) - 1)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_truncated_file_is_refused(form: str, share: float) -> None:
    noisy = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8))
    data = encoded(noisy, form)
    assert code_of(data[: int(len(data) * share)]) in {"photo.truncated", "photo.damaged"}


def test_a_truncated_heic_is_refused() -> None:
    data = heic(picture())
    assert code_of(data[: len(data) // 2]) in {"photo.truncated", "photo.damaged"}


def test_a_truncated_jpeg_says_so() -> None:
    data = encoded(picture(1200, 900), quality=95)
    assert code_of(data[: len(data) // 2]) == "photo.truncated"


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    bomb = png_bomb()
    assert len(bomb) < 10_000
    assert code_of(bomb) == "photo.too_many_pixels"


def test_fifty_one_megapixels_are_too_many() -> None:
    assert code_of(png_bomb(7142)) == "photo.too_many_pixels"


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_an_animation_is_refused(form: str) -> None:
    assert code_of(animated(form)) == "photo.animated"


def test_a_phones_multi_picture_jpeg_counts_as_its_first_picture() -> None:
    data = encoded(picture(), "MPO", save_all=True, append_images=[picture().rotate(180)])
    photo = open_photo(data)
    assert photo.media_type == "image/jpeg"
    assert photo.pixels[250, 100, 0] > 180


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(orientation: int) -> None:
    photo = open_photo(rotated_by_exif(orientation))
    sideways = orientation >= 5
    assert (photo.width, photo.height) == ((300, 400) if sideways else (400, 300))
    assert photo.pixels.shape[:2] == (photo.height, photo.width)
    white_corner = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}[orientation]
    y, x = (10 if at == 0 else -10 for at in white_corner)
    assert photo.pixels[y, x].min() > 200


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "YCbCr"])
def test_other_jpeg_colours_become_rgb(mode: str) -> None:
    form = "PNG" if mode == "1" else "JPEG"
    photo = open_photo(encoded(picture().convert(mode), form))
    assert photo.pixels.shape == (300, 400, 3)
    assert photo.pixels[20, 20].min() > 200


def test_cmyk_keeps_its_colours() -> None:
    photo = open_photo(encoded(picture().convert("CMYK")))
    assert photo.pixels[250, 100, 0] > 180 > photo.pixels[250, 100, 2]


def test_sixteen_bit_grey_keeps_its_light() -> None:
    grey = Image.fromarray(np.full((300, 400), 40_000, dtype=np.uint16))
    photo = open_photo(encoded(grey, "PNG"))
    assert abs(int(photo.pixels[0, 0, 0]) - 40_000 // 257) <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_places_become_white(mode: str) -> None:
    image = picture().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    options = {"transparency": 0} if mode == "P" else {}
    photo = open_photo(encoded(Image.new("P", (400, 300), 0) if mode == "P" else image.convert(mode), "PNG", **options))
    assert photo.pixels.min() > 250


def test_a_large_photo_is_decoded_smaller_while_its_size_stays_known() -> None:
    photo = open_photo(encoded(picture(6000, 4000), quality=60))
    assert (photo.width, photo.height) == (6000, 4000)
    assert 1600 <= max(photo.pixels.shape[:2]) < 3200
    assert photo.scale == pytest.approx(photo.pixels.shape[1] / 6000)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_formats_without_reduced_decoding_are_reduced_afterwards(form: str) -> None:
    photo = open_photo(encoded(picture(4000, 3000), form))
    assert (photo.width, photo.height) == (4000, 3000)
    assert max(photo.pixels.shape[:2]) <= 3200


def test_the_hash_is_that_of_the_file_as_it_came() -> None:
    import hashlib

    data = encoded(picture())
    assert open_photo(data).sha256 == hashlib.sha256(data).hexdigest()


def test_a_thumbnail_is_a_small_jpeg_of_the_same_shape() -> None:
    small = Image.open(io.BytesIO(thumbnail(open_photo(rotated_by_exif(6)), 120)))
    assert (small.format, small.size) == ("JPEG", (90, 120))


def test_damaged_exif_neither_fails_nor_warns() -> None:
    data = encoded(picture(), exif=b"Exif\0\0MM\0\x2a\0\0\0\x08\xff\xff" + b"\x01" * 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_photo(data).width == 400


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF", "HEIC"]), st.integers(0, 2**32), st.integers(1, 40))
def test_damaged_bytes_are_refused_or_opened_but_never_anything_else(form: str, seed: int, count: int) -> None:
    small = picture(64, 48)
    data = bytearray(heic(small) if form == "HEIC" else encoded(small, form))
    rng = np.random.default_rng(seed)
    for at in rng.integers(12, len(data), count):
        data[at] = rng.integers(256)
    assert outcome(bytes(data)) in {"opened", *PROBLEMS}


def outcome(data: bytes) -> str:
    try:
        photo = open_photo(data)
    except PhotoError as refused:
        return refused.code
    return "opened" if photo.pixels.dtype == np.uint8 else "wrong pixels"
