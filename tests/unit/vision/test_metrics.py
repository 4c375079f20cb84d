"""Average precision: known answers, and what holds for any detector."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.geometry import same_slot
from vision.metrics import Sample, ap50, ap50_95, interval, iou_half, matches, point_at, slot_ap50, working_point
from vision.train.gallery import Mistakes, mistakes

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


def test_the_interval_holds_the_figure_and_narrows_with_more_photos() -> None:
    photos = [Sample([A], [0.9], [A]), Sample([B], [0.8], [A]), Sample([A], [0.7], [A])] * 5
    low, high = interval(photos, iou_half)
    assert low < ap50(photos) < high
    narrower = interval(photos * 9, iou_half)
    assert narrower[1] - narrower[0] < high - low
    assert interval([Sample([A], [0.9], [A])] * 4, iou_half) == (1.0, 1.0)


def test_a_stricter_overlap_never_scores_higher() -> None:
    loose = [Sample([(0, 0, 100, 60)], [0.9], [(0, 0, 100, 100)])]
    assert ap50(loose) == 1.0
    assert ap50_95(loose) == pytest.approx(0.2, abs=0.11)  # it holds up to an IoU of 0.6


def test_the_worst_photos_are_those_with_most_mistakes() -> None:
    sample = Sample([A, B], [0.9, 0.2], [A, (500, 500, 600, 600)])
    assert mistakes(sample, 0.1, iou_half) == Mistakes([A], [B], [(500, 500, 600, 600)])
    assert mistakes(sample, 0.5, iou_half) == Mistakes([A], [], [(500, 500, 600, 600)])
