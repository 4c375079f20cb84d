"""A part that is away is left alone for a while."""

from core.breaker import Breaker


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_three_failures_in_a_row_and_not_before() -> None:
    breaker = Breaker(failures=3, rest_s=60, seconds=Seconds())
    assert [breaker.failed(), breaker.failed()] == [None, None]
    assert breaker.may_try()
    assert breaker.failed() == 60
    assert not breaker.may_try()


def test_a_success_in_between_counts_from_the_start() -> None:
    breaker = Breaker(failures=2, seconds=Seconds())
    for _ in range(5):
        breaker.failed()
        breaker.succeeded()
    assert breaker.may_try()


def test_after_the_rest_one_caller_tries_and_the_others_stay_out() -> None:
    seconds = Seconds()
    breaker = Breaker(failures=1, rest_s=60, seconds=seconds)
    breaker.failed()
    seconds.now = 59.9
    assert not breaker.may_try()
    seconds.now = 60
    assert [breaker.may_try() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert breaker.may_try()


def test_a_caller_that_died_while_trying_does_not_keep_it_shut_for_ever() -> None:
    seconds = Seconds()
    breaker = Breaker(failures=1, rest_s=60, seconds=seconds)
    breaker.failed()
    seconds.now = 60
    assert breaker.may_try()
    seconds.now = 120
    assert breaker.may_try()


def test_each_failed_try_doubles_the_rest_up_to_a_longest() -> None:
    seconds = Seconds()
    breaker = Breaker(failures=1, rest_s=60, longest_s=200, seconds=seconds)
    rests = []
    for _ in range(4):
        seconds.now += 1000
        assert breaker.may_try()
        rests.append(breaker.failed())
    assert rests == [60, 120, 200, 200]
    breaker.succeeded()
    assert breaker.failed() == 60
