"""Average precision: known answers, and what holds for any detector."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.geometry import same_slot
from vision.metrics import Sample, ap50, matches, point_at, slot_ap50, working_point

A, B, C = (0, 0, 50, 100), (100, 0, 150, 100), (200, 0, 250, 100)


def test_finding_everything_and_nothing_else_scores_one() -> None:
    samples = [Sample([A, B], [0.9, 0.8], [A, B]), Sample([C], [0.7], [C])]
    assert slot_ap50(samples) == ap50(samples) == 1


def test_finding_nothing_scores_nothing() -> None:
    assert slot_ap50([Sample([], [], [A])]) == 0


def test_a_second_hit_on_the_same_label_is_a_false_alarm() -> None:
    assert matches(Sample([A, A], [0.9, 0.8], [A]), same_slot) == [True, False]


def test_a_false_alarm_above_the_hit_costs_half() -> None:
    assert slot_ap50([Sample([B, A], [0.9, 0.8], [A])]) == pytest.approx(0.5)


def test_a_false_alarm_below_every_hit_costs_nothing() -> None:
    assert slot_ap50([Sample([A, B], [0.9, 0.8], [A])]) == 1


def test_a_half_height_label_counts_as_a_slot_but_not_at_iou_half() -> None:
    half = (0, 60, 50, 100)
    assert slot_ap50([Sample([A], [0.9], [half])]) == 1
    assert ap50([Sample([A], [0.9], [half])]) == 0


def test_the_working_point_has_the_best_f1() -> None:
    samples = [Sample([A, B, C], [0.9, 0.6, 0.2], [A, B])]
    best = working_point(samples)
    assert 0.2 < best.min_score <= 0.6
    assert (best.precision, best.recall, best.f1) == (1, 1, 1)
    assert point_at(samples, 0.7).recall == 0.5


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6))
def test_average_precision_stays_between_nothing_and_all(scores: list[float]) -> None:
    ordered = sorted(scores, reverse=True)
    found = [(60 * i, 0, 60 * i + 50, 100) for i in range(len(ordered))]
    assert 0 <= slot_ap50([Sample(found, ordered, found[::2])]) <= 1
