"""Rows reach as far as their gaps show, and a bay whose rows were not seen still counts."""

from hypothesis import given
from hypothesis import strategies as st

from vision.geometry import Box
from vision.row_extent import completed

WIDTH = 1000
ROW, BELOW = (100, 100, 600, 200), (100, 220, 600, 320)


def test_a_row_is_drawn_out_to_the_gap_just_beyond_its_end() -> None:
    assert completed([ROW], [(610, 110, 680, 190)], WIDTH) == ([(100, 100, 680, 200)], [])


def test_a_row_of_gaps_draws_it_out_one_after_the_other() -> None:
    gaps = [(610, 110, 680, 190), (700, 110, 770, 190)]
    assert completed([ROW], gaps, WIDTH) == ([(100, 100, 770, 200)], [])


def test_a_gap_far_from_the_row_at_its_height_stands_in_a_bay_of_its_own() -> None:
    rows, new = completed([ROW], [(800, 110, 860, 190)], WIDTH)
    assert rows == [ROW]
    assert new == [(600, 110, WIDTH, 190)], "all that is free there"


def test_a_row_nobody_saw_reaches_as_far_as_the_one_below_it() -> None:
    rows, new = completed([BELOW], [(300, 110, 360, 190)], WIDTH)
    assert rows == [BELOW]
    assert new == [(100, 110, 600, 190)]


def test_gaps_of_one_unseen_row_make_one_row() -> None:
    _, new = completed([BELOW], [(300, 110, 360, 190), (450, 112, 520, 188)], WIDTH)
    assert len(new) == 1


def test_what_is_no_size_for_a_gap_makes_no_row() -> None:
    assert completed([BELOW], [(300, 10, 360, 20)], WIDTH) == ([BELOW], [])
    assert completed([], [(300, 10, 360, 20)], WIDTH) == ([], [])


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y = draw(st.integers(0, 900)), draw(st.integers(0, 900))
    return x, y, x + draw(st.integers(5, 100)), y + draw(st.integers(5, 100))


@given(st.lists(boxes(), max_size=6), st.lists(boxes(), max_size=6))
def test_no_row_ever_becomes_shorter_or_leaves_its_height(rows: list[Box], gaps: list[Box]) -> None:
    drawn_out, new = completed(rows, gaps, WIDTH)
    assert len(drawn_out) == len(rows)
    for before, after in zip(rows, drawn_out, strict=True):
        assert after[0] <= before[0]
        assert before[2] <= after[2]
        assert (before[1], before[3]) == (after[1], after[3])
    for row in new:
        assert row[0] < row[2]
        assert any((gap[1], gap[3]) == (row[1], row[3]) for gap in gaps)
