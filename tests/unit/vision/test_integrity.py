"""Copies are known again, other pictures are not; what a file says is read, nonsense is not."""

import datetime as dt
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.unit.vision.bad_photos import encoded
from vision.integrity.file_facts import FileFacts, carries_metadata, read_facts, taken_at
from vision.integrity.prints import (
    POSITIONS,
    SURE_DISTANCE,
    Position,
    Print,
    asked_prints,
    kept_prints,
    moved,
    probes,
    put_back,
)
from vision.integrity.reuse import look_closer
from vision.integrity.screen import SUSPICIOUS, of_a_screen_since, screen_signs
from vision.photo import Photo, open_photo

BITS = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize("position", POSITIONS)
def test_a_turned_or_mirrored_copy_is_recognised_by_its_position(before: Photo, position: Position) -> None:
    copy = open_photo(encoded(Image.fromarray(moved(before.pixels, position)), quality=60))
    near = {
        place for place, mark in asked_prints(copy).items() if mark.distance(kept_prints(before)[0]) <= SURE_DISTANCE
    }
    assert near == {position}
    assert (put_back(moved(before.pixels, position), position) == before.pixels).all()


def test_a_copy_cropped_mirrored_and_saved_again_is_one(before: Photo) -> None:
    cut = before.pixels[40:, 30:-60]
    copy = open_photo(encoded(Image.fromarray(moved(cut, "mirrored")).resize((900, 700)), quality=60))
    assert look_closer(before, copy, "mirrored").is_copy
    assert not look_closer(before, copy, "as_is").is_copy


def test_another_shot_of_the_same_shelf_is_no_copy(before: Photo, left_empty: Photo) -> None:
    assert not look_closer(before, left_empty, "as_is").is_copy


def test_another_shelf_has_another_print(before: Photo, other_shelf: Photo) -> None:
    asked = asked_prints(other_shelf).values()
    assert min(mark.distance(kept) for mark in asked for kept in kept_prints(before)) > SURE_DISTANCE


def test_a_picture_of_nothing_has_no_print() -> None:
    black = open_photo(encoded(Image.new("RGB", (640, 480))))
    assert (kept_prints(black), asked_prints(black)) == ((), {})


@given(BITS, st.sets(st.integers(0, 63), max_size=SURE_DISTANCE))
def test_up_to_the_sure_distance_a_band_is_always_shared(bits: int, flipped: set[int]) -> None:
    kept, asked = Print(bits), Print(bits ^ sum(1 << bit for bit in flipped))
    assert kept.distance(asked) == len(flipped)
    assert any(kept.bands[band] in probes(asked.bands[band]) for band in range(4))


def test_a_shelf_is_not_taken_for_a_screen(before: Photo, after: Photo) -> None:
    assert screen_signs(before).suspicion < SUSPICIOUS
    assert screen_signs(after).suspicion < SUSPICIOUS


def test_a_rim_around_the_picture_is_a_sign_of_a_screen(before: Photo) -> None:
    framed = before.pixels.copy()
    framed[:30], framed[-30:], framed[:, :30], framed[:, -30:] = 12, 12, 12, 12
    shown = open_photo(encoded(Image.fromarray(framed)))
    assert screen_signs(shown).rim
    assert of_a_screen_since(before, shown)
    assert not of_a_screen_since(shown, shown), "the rim was there before: a shelf's own frame"


def test_a_pixel_grid_that_the_first_photo_has_not_is_a_sign_of_a_screen(before: Photo, after: Photo) -> None:
    assert not of_a_screen_since(before, after)
    assert not of_a_screen_since(after, before)
    width = after.pixels.shape[1]
    grid = 1 + 0.25 * np.sin(np.arange(width) * 2 * np.pi * 0.31)[None, :, None] * np.array([1.0, -0.5, 1.0])
    shown = np.clip(after.pixels * grid, 0, 255).astype(np.uint8)
    assert of_a_screen_since(before, open_photo(encoded(Image.fromarray(shown))))


def jpeg(exif: Image.Exif) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((48, 64, 3), 120, np.uint8)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_exif_says_when_where_and_with_what() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Maker", "Model 7", "Photoshop 99"
    exif[0x8769] = {0x9003: "2026:11:02 09:30:00", 0x9011: "+08:00"}
    exif[0x8825] = {1: "S", 2: (31.0, 12.0, 0.0), 3: "E", 4: (121.0, 30.0, 0.0)}
    facts = read_facts(jpeg(exif))
    assert (facts.camera, facts.software) == ("Maker Model 7", "Photoshop 99")
    assert (facts.latitude, facts.longitude) == pytest.approx((-31.2, 121.5))
    assert taken_at(facts, dt.UTC) == dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
    assert carries_metadata(jpeg(exif))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"no photo at all", encoded(Image.new("RGB", (64, 48)))])
def test_a_file_without_facts_says_nothing(data: bytes) -> None:
    assert read_facts(data) == FileFacts()
    assert taken_at(FileFacts(), dt.UTC) is None
    assert not carries_metadata(data)


def test_nonsense_in_exif_is_not_believed() -> None:
    exif = Image.Exif()
    exif[0x8769] = {0x9003: "0000:00:00 00:00:00", 0x9011: "noon"}
    exif[0x8825] = {1: "N", 2: (999.0, 0.0, 0.0), 3: "E", 4: (121.0, 30.0, 0.0)}
    facts = read_facts(jpeg(exif))
    assert (facts.taken_at, facts.latitude) == (None, None)
