"""The interval around a share of empty shelf."""

from hypothesis import given
from hypothesis import strategies as st

from vision.interval import rate_interval

spans = st.tuples(st.floats(0, 0.9), st.floats(0.01, 0.1)).map(lambda s: (s[0], s[0] + s[1]))
rows = st.lists(st.lists(st.tuples(spans, st.floats(0.01, 0.99)), max_size=6), min_size=1, max_size=5)


@given(rows)
def test_it_lies_between_nothing_and_all_and_is_the_same_each_time(found: list) -> None:
    lengths = [100.0] * len(found)
    low, high = rate_interval(found, lengths)
    assert 0 <= low <= high <= 1
    assert rate_interval(found, lengths) == (low, high)


def test_sure_gaps_leave_little_room() -> None:
    low, high = rate_interval([[((0.2, 0.3), 0.99), ((0.6, 0.7), 0.99)]], [1000])
    assert 0.15 < low < 0.2 < high < 0.25


def test_doubtful_gaps_leave_much() -> None:
    low, high = rate_interval([[((0.2, 0.3), 0.5), ((0.6, 0.7), 0.5)]], [1000])
    assert low == 0
    assert high > 0.19


def test_without_a_detection_it_is_nothing() -> None:
    assert rate_interval([[], []], [500, 400]) == (0, 0)
