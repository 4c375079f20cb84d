import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from core.jobs import CLOCK_SKEW, FIRST_BACKOFF, LONGEST_BACKOFF, backoff


def test_waits_double_from_two_seconds() -> None:
    assert [backoff(attempts).total_seconds() for attempts in (1, 2, 3, 4)] == [2, 4, 8, 16]


@given(st.integers(1, 10_000))
def test_a_wait_never_shrinks_and_never_passes_ten_minutes(attempts: int) -> None:
    assert FIRST_BACKOFF <= backoff(attempts) <= backoff(attempts + 1) <= LONGEST_BACKOFF == dt.timedelta(minutes=10)


def test_a_wait_is_longer_than_clocks_differ() -> None:
    assert backoff(1) > CLOCK_SKEW
