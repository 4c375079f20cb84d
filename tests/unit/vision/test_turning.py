"""A photo that lies on its side or upside down is read the right way up, and what was seen is told where it lies."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision import quality
from vision.geometry import Box
from vision.photo import Photo
from vision.shelf import Row, ShelfReader, ShelfReading, oos_rate, place_gaps
from vision.turning import box_back, point_back, turned

QUARTERS = (1, 2, 3)
TOLD = {1: "on_its_side", 2: "upside_down", 3: "on_its_side"}


@pytest.fixture(scope="module")
def upright(reader: ShelfReader, before: Photo) -> ShelfReading:
    return reader.read(before)


def test_a_photo_the_right_way_up_is_left_as_it_is(upright: ShelfReading) -> None:
    assert (upright.turned, upright.quality.ok) == (0, True)
    assert upright.gaps


@pytest.mark.parametrize("quarters", QUARTERS)
def test_a_turned_photo_is_told_and_read_as_if_it_were_upright(
    reader: ShelfReader, before: Photo, upright: ShelfReading, quarters: int
) -> None:
    reading = reader.read(turned(before, quarters))
    assert reading.turned == 4 - quarters
    assert reading.quality.reasons == (TOLD[quarters],)
    assert reading.oos_rate == upright.oos_rate
    size = before.width, before.height
    back = [box_back(gap.box, 4 - quarters, (reading.width, reading.height)) for gap in upright.gaps]
    assert [gap.box for gap in reading.gaps] == back
    assert [(gap.row, gap.span, gap.facings) for gap in reading.gaps] == [
        (gap.row, gap.span, gap.facings) for gap in upright.gaps
    ]
    assert (reading.width, reading.height) == (size if quarters == 2 else size[::-1])


@pytest.mark.parametrize("quarters", QUARTERS)
def test_from_a_turned_photo_no_issue_opens_without_a_person(quarters: int) -> None:
    assert quality.doubtful(quality.Quality(False, (TOLD[quarters],)))
    assert quality.REASONS[TOLD[quarters]].en


@pytest.mark.parametrize("quarters", QUARTERS)
def test_a_gap_that_a_person_draws_on_a_turned_photo_counts_as_much_as_on_an_upright_one(quarters: int) -> None:
    size = (1000, 400)
    row, gap = Row((100, 50, 900, 150), 0.9, length=800.0), (150, 60, 350, 140)
    expected = place_gaps([(gap, 1.0)], (row,))
    shown = size if quarters == 2 else size[::-1]
    there = _turned_row(row, quarters, shown)
    (drawn,) = place_gaps([(box_back(gap, quarters, shown), 1.0)], (there,))
    assert drawn.span == pytest.approx(expected[0].span)
    assert oos_rate((drawn,), (there,)) == oos_rate(expected, (row,))


def _turned_row(row: Row, quarters: int, size: tuple[int, int]) -> Row:
    x0, y0, x1, y1 = row.box
    a, b, c, d = (point_back(point, quarters, size) for point in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
    return msgspec.structs.replace(row, box=box_back(row.box, quarters, size), corners=(a, b, c, d))


@given(st.tuples(*[st.integers(0, 300)] * 4), st.integers(0, 3))
def test_a_box_put_back_and_turned_again_is_the_box(corners: Box, quarters: int) -> None:
    x0, x1 = sorted(corners[::2])
    y0, y1 = sorted(corners[1::2])
    size = (500, 300)
    other = size if quarters % 2 == 0 else size[::-1]
    assert box_back(box_back((x0, y0, x1, y1), quarters, size), -quarters, other) == (x0, y0, x1, y1)
