"""Boxes and spans: what their operations promise for any input."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vision.geometry import (
    Box,
    area,
    hull,
    iou,
    overlap,
    same_slot,
    span_iou,
    stretches,
    suppress,
    union_length,
)

spot = st.integers(0, 500)
side = st.integers(1, 200)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y = draw(spot), draw(spot)
    return x, y, x + draw(side), y + draw(side)


spans = st.tuples(spot, side).map(lambda pair: (float(pair[0]), float(pair[0] + pair[1])))


@given(boxes(), boxes())
def test_overlap_is_symmetric_and_fits_into_both(a: Box, b: Box) -> None:
    assert overlap(a, b) == overlap(b, a) <= min(area(a), area(b))


@given(boxes())
def test_a_box_is_its_own_slot(box: Box) -> None:
    assert same_slot(box, box)


@given(boxes(), boxes())
def test_being_the_same_slot_is_mutual(a: Box, b: Box) -> None:
    assert same_slot(a, b) == same_slot(b, a)


def test_a_label_of_the_lower_half_is_the_same_slot() -> None:
    assert same_slot((100, 100, 160, 220), (100, 160, 160, 220))


def test_the_slot_on_the_next_board_is_another() -> None:
    assert not same_slot((100, 100, 160, 200), (100, 230, 160, 330))


def test_the_neighbouring_slot_is_another() -> None:
    assert not same_slot((100, 100, 160, 200), (145, 100, 205, 200))


@given(st.lists(spans, max_size=12))
def test_a_union_is_no_longer_than_its_parts_and_no_shorter_than_the_longest(parts: list[tuple[float, float]]) -> None:
    length = union_length(parts)
    lengths = [end - start for start, end in parts]
    assert max(lengths, default=0) <= length <= sum(lengths)


@given(st.lists(spans, min_size=1, max_size=8), st.randoms())
def test_a_union_does_not_depend_on_order_or_repetition(parts: list[tuple[float, float]], random: object) -> None:
    assert union_length(parts) == union_length(parts[::-1] + parts)


@given(spans, spans)
def test_span_iou_stays_between_nothing_and_all(a: tuple[float, float], b: tuple[float, float]) -> None:
    assert 0 <= span_iou(a, b) <= 1
    assert span_iou(a, a) == 1


@given(st.lists(boxes(), min_size=1, max_size=20), st.integers(0, 2**31))
def test_suppression_keeps_the_best_and_leaves_no_two_alike(found: list[Box], seed: int) -> None:
    array = np.array(found, dtype=np.float32)
    scores = np.random.default_rng(seed).random(len(found), dtype=np.float32)
    kept = suppress(array, scores, 0.5)
    assert kept[0] == scores.argmax()
    assert (np.diff(scores[kept]) <= 0).all()
    for number, index in enumerate(kept[:-1]):
        assert (iou(array[index], array[kept[number + 1 :]]) <= 0.5).all()


def test_suppression_of_nothing_is_nothing() -> None:
    assert suppress(np.empty((0, 4), np.float32), np.empty(0, np.float32), 0.5).size == 0


def test_slots_side_by_side_are_one_stretch() -> None:
    slots = [(100, 0, 150, 100), (0, 0, 48, 100), (52, 5, 98, 105), (400, 0, 450, 100), (0, 110, 50, 200)]
    assert sorted(stretches(slots)) == [[1, 2, 0], [3], [4]]
    assert hull(slots[index] for index in (0, 1, 2)) == (0, 0, 150, 105)


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(5, 90), st.integers(5, 90)), max_size=12)
)
def test_every_box_is_in_one_stretch(found: list[tuple[int, int, int, int]]) -> None:
    boxes = [(x, y, x + w, y + h) for x, y, w, h in found]
    assert sorted(index for group in stretches(boxes) for index in group) == list(range(len(boxes)))
