"""Open, ask or drop; and what is true of a photo once a person has answered."""

import uuid
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import Invalid
from vision.quality import DOUBTFUL, Quality
from vision.shelf import Gap, Row, ShelfReading, oos_rate
from workflows.review.policy import (
    BoxAnswer,
    Given,
    Mark,
    Thresholds,
    agrees,
    band_of,
    check_answer,
    check_thresholds,
    judged,
    rule,
    sampled,
)

ROWS = (Row((0, 0, 1000, 100), 0.9), Row((0, 100, 1000, 200), 0.9))
ORDER = {"drop": 0, "ask": 1, "open": 2}
shares = st.floats(0, 1)


@st.composite
def gaps(draw: Any) -> tuple[Gap, ...]:
    found = []
    for _ in range(draw(st.integers(0, 6))):
        row, x, width = draw(st.integers(0, 1)), draw(st.integers(0, 900)), draw(st.integers(5, 100))
        found.append(Gap((x, 100 * row + 10, x + width, 100 * row + 90), draw(shares), row))
    return tuple(found)


@st.composite
def thresholds(draw: Any) -> Thresholds:
    low, high = sorted((draw(shares), draw(shares)))
    return Thresholds(low, high, 0.0)


def reading(found: tuple[Gap, ...], *, rows: tuple[Row, ...] = ROWS, bad: tuple[str, ...] = ()) -> ShelfReading:
    rate = oos_rate(found, rows) if rows else None
    return ShelfReading(1000, 200, Quality(not bad, bad), found, rows, rate, "any", 0.0)


def ruled(found: tuple[Gap, ...], limit: float, by: Thresholds) -> str:
    return rule(reading(found), limit, by).outcome


@given(gaps(), st.floats(0.01, 0.5), thresholds(), st.data())
def test_a_higher_score_never_leads_to_less(
    found: tuple[Gap, ...], limit: float, by: Thresholds, data: st.DataObject
) -> None:
    assume(found)
    which = data.draw(st.integers(0, len(found) - 1))
    surer = Gap(found[which].box, data.draw(st.floats(found[which].score, 1)), found[which].row)
    raised = (*found[:which], surer, *found[which + 1 :])
    assert ORDER[ruled(raised, limit, by)] >= ORDER[ruled(found, limit, by)]


@given(gaps(), st.floats(0.01, 0.5), thresholds(), shares)
def test_a_lower_bar_for_opening_never_opens_less(
    found: tuple[Gap, ...], limit: float, by: Thresholds, lower: float
) -> None:
    assume(by.ask_from <= lower <= by.open_from)
    easier = Thresholds(by.ask_from, lower, 0.0)
    assert ORDER[ruled(found, limit, easier)] >= ORDER[ruled(found, limit, by)]


@given(gaps(), st.floats(0.01, 0.5), thresholds())
def test_an_issue_opens_by_itself_exactly_when_the_confident_gaps_alone_exceed_the_limit(
    found: tuple[Gap, ...], limit: float, by: Thresholds
) -> None:
    sure = tuple(gap for gap in found if gap.score >= by.open_from)
    assert (ruled(found, limit, by) == "open") == ((oos_rate(sure, ROWS) or 0) > limit)


@given(gaps(), st.floats(0.01, 0.5), thresholds())
def test_a_person_is_asked_only_when_the_answer_may_change_something(
    found: tuple[Gap, ...], limit: float, by: Thresholds
) -> None:
    ruling = rule(reading(found), limit, by)
    if ruling.outcome != "ask":
        return
    marks = tuple(Mark(gap.box, gap.score, gap.row, i in ruling.doubtful) for i, gap in enumerate(found))
    results = [
        judged(marks, ROWS, Given(tuple(BoxAnswer(verdict, i) for i in ruling.doubtful)), by.open_from).rate or 0
        for verdict in ("gap", "not_gap")
    ]
    assert results[0] > limit >= results[1]


@given(gaps(), st.floats(0.01, 0.5), thresholds())
def test_without_a_row_in_view_a_person_is_asked_about_every_gap_that_is_worth_a_question(
    found: tuple[Gap, ...], limit: float, by: Thresholds
) -> None:
    ruling = rule(reading(found, rows=()), limit, by)
    worth_it = tuple(i for i, gap in enumerate(found) if gap.score >= by.ask_from)
    assert (ruling.outcome, ruling.confident) == ("ask" if worth_it else "drop", ())
    assert ruling.doubtful == worth_it


@pytest.mark.parametrize(("verdict", "opens"), [("gap", True), ("not_gap", False)])
def test_without_a_row_in_view_one_gap_that_a_person_confirms_is_too_much(verdict: Any, opens: bool) -> None:
    marks = (Mark((0, 10, 100, 90), 0.9, None, True),)
    assert judged(marks, (), Given((BoxAnswer(verdict, 0),)), 0.6).exceeds(0.5) == opens
    assert not judged(marks, (), Given(no_shelf=True), 0.6).exceeds(0.0)


@given(gaps(), st.floats(0.01, 0.5), thresholds(), st.sampled_from(sorted(DOUBTFUL)))
def test_from_a_photo_too_bad_to_judge_no_issue_opens_without_a_person(
    found: tuple[Gap, ...], limit: float, by: Thresholds, why: str
) -> None:
    outcome = rule(reading(found, bad=(why,)), limit, by).outcome
    assert outcome == ("drop" if ruled(found, limit, by) == "drop" else "ask")


@given(gaps(), st.floats(0.01, 0.5), thresholds())
def test_a_photo_that_is_only_less_exact_is_judged_as_any_other(
    found: tuple[Gap, ...], limit: float, by: Thresholds
) -> None:
    outcome = rule(reading(found, bad=("tilted", "from_the_side", "too_far")), limit, by).outcome
    assert outcome == ruled(found, limit, by)


@pytest.mark.parametrize(("low", "high", "sample"), [(0.6, 0.5, 0), (-0.1, 0.5, 0), (0.2, 1.1, 0), (0.2, 0.5, 2)])
def test_thresholds_that_make_no_sense_are_refused(low: float, high: float, sample: float) -> None:
    with pytest.raises(Invalid, match=r"review\.thresholds"):
        check_thresholds(Thresholds(low, high, sample))
    check_thresholds(Thresholds(0.5, 0.5, 1.0))


@given(st.uuids(), shares, shares)
def test_the_sample_is_the_same_whoever_draws_it_and_a_larger_one_holds_the_smaller(
    photo: uuid.UUID, a: float, b: float
) -> None:
    assert sampled(photo, a) == sampled(photo, a)
    assert sampled(photo, min(a, b)) <= sampled(photo, max(a, b))
    assert sampled(photo, 1)
    assert not sampled(photo, 0)


def test_the_sample_is_about_as_large_as_asked_for() -> None:
    drawn = sum(sampled(uuid.UUID(int=number), 0.1) for number in range(5000))
    assert 400 < drawn < 600


MARKS = (
    Mark((0, 10, 100, 90), 0.9, 0, False),
    Mark((200, 10, 300, 90), 0.4, 0, True),
    Mark((5, 110, 50, 190), 0.1, 1, False),
)
SIZE = (1000, 200)


@pytest.mark.parametrize(
    "wrong",
    [
        Given(),
        Given((BoxAnswer("gap", 0),)),
        Given((BoxAnswer("gap", 1), BoxAnswer("not_gap", 1))),
        Given((BoxAnswer("gap", 3), BoxAnswer("gap", 1))),
        Given((BoxAnswer("gap", -1), BoxAnswer("gap", 1))),
        Given((BoxAnswer("adjusted", 1),)),
        Given((BoxAnswer("gap", 1, (0, 0, 9, 9)),)),
        Given((BoxAnswer("gap", 1), BoxAnswer("missed", None, (990, 10, 1001, 90)))),
        Given((BoxAnswer("gap", 1), BoxAnswer("missed", None, (10, 10, 12, 90)))),
        Given((BoxAnswer("gap", 1), BoxAnswer("missed", None, (90, 10, 12, 90)))),
        Given((BoxAnswer("gap", 1), BoxAnswer("missed", 2, (0, 0, 9, 9)))),
        Given((BoxAnswer("gap", 1), BoxAnswer("gap"))),
        Given((BoxAnswer("gap", 1),), no_shelf=True),
    ],
)
def test_an_answer_that_does_not_fit_the_question_is_refused(wrong: Given) -> None:
    with pytest.raises(Invalid, match=r"review\.answer"):
        check_answer(MARKS, SIZE, wrong)


def test_what_fits_is_taken_and_counted() -> None:
    answer = Given((BoxAnswer("adjusted", 1, (200, 10, 320, 90)), BoxAnswer("missed", None, (600, 110, 700, 190))))
    check_answer(MARKS, SIZE, answer)
    result = judged(MARKS, ROWS, answer, 0.6)
    assert [gap.box for gap in result.gaps] == [(0, 10, 100, 90), (200, 10, 320, 90), (600, 110, 700, 190)]
    assert [gap.row for gap in result.gaps] == [0, 0, 1]
    assert result.rate == pytest.approx(0.16)


def test_a_refused_box_is_gone_and_a_dropped_one_that_a_person_confirms_counts() -> None:
    answer = Given((BoxAnswer("not_gap", 0), BoxAnswer("not_gap", 1), BoxAnswer("gap", 2)))
    check_answer(MARKS, SIZE, answer)
    assert [gap.box for gap in judged(MARKS, ROWS, answer, 0.6).gaps] == [MARKS[2].box]


def test_a_photo_without_a_shelf_has_neither_gaps_nor_a_rate() -> None:
    check_answer(MARKS, SIZE, Given(no_shelf=True))
    result = judged(MARKS, ROWS, Given(no_shelf=True), 0.6)
    assert (result.gaps, result.rate) == ((), None)


def test_a_tightened_box_was_right_and_a_moved_one_was_not() -> None:
    mark = MARKS[0]
    assert agrees(mark, BoxAnswer("gap", 0), no_shelf=False)
    assert agrees(mark, BoxAnswer("adjusted", 0, (5, 30, 95, 90)), no_shelf=False)
    assert not agrees(mark, BoxAnswer("adjusted", 0, (300, 10, 400, 90)), no_shelf=False)
    assert not agrees(mark, BoxAnswer("not_gap", 0), no_shelf=False)
    assert not agrees(mark, BoxAnswer("gap", 0), no_shelf=True)


@given(shares)
def test_every_score_has_its_band(score: float) -> None:
    band = band_of(score)
    assert 0 <= band <= 9
    assert band / 10 <= score + 1e-9
    assert score <= (band + 1) / 10 + 1e-9
