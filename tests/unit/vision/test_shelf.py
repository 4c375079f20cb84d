"""Rows and gaps together: which row a gap belongs to, and the share of shelf that is empty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.geometry import Box
from vision.overlay import outermost
from vision.shelf import Row, join_pieces, oos_rate, order_rows, place_gaps

TOP, BOTTOM = Row((0, 0, 1000, 200), 0.9), Row((0, 220, 1000, 420), 0.9)
ROWS = (TOP, BOTTOM)


def gap(x0: int, x1: int, y: int = 20) -> tuple[Box, float]:
    return (x0, y, x1, y + 170), 0.5


def rate(*gaps: tuple[Box, float], rows: tuple[Row, ...] = ROWS) -> float | None:
    return oos_rate(place_gaps(list(gaps), rows), rows)


def test_a_gap_belongs_to_the_row_that_holds_it() -> None:
    assert [found.row for found in place_gaps([gap(0, 100, 240), gap(0, 100, 20)], ROWS)] == [0, 1]


def test_a_gap_off_the_rows_has_none_and_comes_last() -> None:
    assert [found.row for found in place_gaps([gap(0, 100, 600), gap(0, 100)], ROWS)] == [0, None]


def test_the_rate_is_gap_length_over_row_length() -> None:
    assert rate(gap(100, 200), gap(500, 600, 240)) == pytest.approx(0.1)


def test_gaps_that_overlap_count_once() -> None:
    assert rate(gap(100, 200), gap(150, 250), gap(120, 180)) == pytest.approx(0.075)


def test_a_gap_off_the_rows_does_not_count() -> None:
    assert rate(gap(100, 200, 600)) == 0


def test_without_a_row_there_is_no_rate() -> None:
    assert rate(gap(100, 200), rows=()) is None


def test_a_gap_that_reaches_past_its_row_counts_up_to_the_end() -> None:
    assert rate(gap(950, 1040)) == pytest.approx(0.025)


@given(st.lists(st.tuples(st.integers(0, 990), st.integers(1, 400), st.sampled_from([20, 240])), max_size=15))
def test_the_rate_stays_between_nothing_and_all(found: list[tuple[int, int, int]]) -> None:
    share = rate(*(gap(x, min(1000, x + wide), y) for x, wide, y in found))
    assert share is not None
    assert 0 <= share <= 1


def test_pieces_of_one_row_become_one() -> None:
    pieces = [Row((0, 0, 600, 200), 0.8), Row((400, 10, 1000, 205), 0.9)]
    assert join_pieces(pieces) == (Row((0, 10, 1000, 205), 0.9),)


def test_rows_of_neighbouring_bays_stay_apart() -> None:
    bays = [Row((0, 0, 500, 200), 0.8), Row((505, 0, 1000, 200), 0.9)]
    assert len(join_pieces(bays)) == 2


def test_rows_one_above_the_other_stay_apart() -> None:
    assert len(join_pieces(list(ROWS))) == 2


def test_rows_are_read_from_the_top_down() -> None:
    assert order_rows((BOTTOM, TOP)) == ROWS


def test_a_slot_inside_a_longer_gap_is_drawn_once() -> None:
    stretch, slot, other = gap(100, 300), gap(110, 180), gap(400, 460)
    drawn = outermost(place_gaps([stretch, slot, other], ROWS))
    assert {found.box for found in drawn} == {stretch[0], other[0]}
