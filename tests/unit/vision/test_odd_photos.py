"""Photos nobody should send: read as far as they can be, and never with more confidence than they allow."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.unit.vision.bad_photos import encoded
from vision.photo import Photo, open_photo
from vision.quality import doubtful
from vision.shelf import ShelfReader, ShelfReading


@pytest.fixture
def shelf(before: Photo) -> Image.Image:
    return Image.fromarray(before.pixels)


def read(reader: ShelfReader, picture: Image.Image) -> ShelfReading:
    return reader.read(open_photo(encoded(picture)))


def may_open(reading: ShelfReading) -> bool:
    return bool(reading.gaps) and reading.oos_rate is not None and not doubtful(reading.quality)


def nothing() -> dict[str, Image.Image]:
    """Pictures without a shelf."""
    rng = np.random.default_rng(3)
    sky = np.linspace(120, 240, 900)[:, None, None] * np.array([0.7, 0.85, 1.0]) * np.ones((1, 1200, 1))
    page = Image.new("RGB", (900, 1200), "white")
    lines = np.asarray(page).copy()
    for line in range(80, 1120, 40):
        for word in range(80, 760, 90):
            lines[line : line + 14, word : word + int(rng.integers(30, 80))] = 30
    return {
        "black": Image.new("RGB", (1200, 900)),
        "white": Image.new("RGB", (1200, 900), "white"),
        "sky": Image.fromarray((sky + rng.normal(0, 3, sky.shape)).clip(0, 255).astype(np.uint8)),
        "a page of text": Image.fromarray(lines),
        "noise": Image.fromarray(rng.integers(0, 255, (900, 1200, 3), dtype=np.uint8)),
    }


@pytest.mark.parametrize("what", nothing())
def test_no_issue_can_come_of_a_picture_without_a_shelf(reader: ShelfReader, what: str) -> None:
    assert not may_open(read(reader, nothing()[what]))


@pytest.mark.parametrize("side", [200, 120, 40])
def test_nor_of_a_thumbnail(reader: ShelfReader, shelf: Image.Image, side: int) -> None:
    assert not may_open(read(reader, shelf.resize((side, side * 3 // 4))))


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270])
def test_nor_of_a_shelf_on_its_side(reader: ShelfReader, shelf: Image.Image, turn: Image.Transpose) -> None:
    assert not may_open(read(reader, shelf.transpose(turn)))


def test_a_mirrored_shelf_is_as_empty_as_it_was(reader: ShelfReader, shelf: Image.Image) -> None:
    as_is, mirrored = read(reader, shelf), read(reader, ImageOps.mirror(shelf))
    assert as_is.oos_rate
    assert mirrored.oos_rate == pytest.approx(as_is.oos_rate, abs=0.03)


def test_a_panorama_of_49_megapixels_is_as_empty_as_its_parts(reader: ShelfReader, shelf: Image.Image) -> None:
    sheet = Image.new("RGB", (9333, 5250))
    for number in range(4):
        place = (4667 * (number % 2), 2625 * (number // 2))
        sheet.paste(shelf.resize((4666, 2625)), place)
    part, whole = read(reader, shelf.resize((1600, 900))), read(reader, sheet)
    assert part.oos_rate
    assert whole.oos_rate == pytest.approx(part.oos_rate, abs=0.06)
