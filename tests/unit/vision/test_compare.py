"""Before and after: only a gap that is surely gone counts as fixed."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from tests.unit.vision.bad_photos import encoded
from vision.appearance import Change
from vision.compare import REASONS, Comparison, compare, decide
from vision.geometry import Box
from vision.photo import Photo, open_photo
from vision.render import RenderedShelf
from vision.shelf import ShelfReader
from vision.turning import turned

FILLED = Change(changed=True, like_products=True, same_shot=False, same_here=False)


def verdict(comparison: Comparison, *reasons: str) -> str:
    assert set(comparison.reasons) <= REASONS.keys()
    assert 0 <= comparison.score <= 1
    if reasons:
        assert comparison.reasons == reasons
    return comparison.verdict


def test_a_filled_gap_is_fixed(reader: ShelfReader, before: Photo, after: Photo) -> None:
    assert verdict(compare(before, after, [], reader), "gap_gone") == "fixed"


def test_a_gap_marked_by_a_person_is_fixed(
    reader: ShelfReader, before: Photo, after: Photo, restocked: tuple[RenderedShelf, RenderedShelf]
) -> None:
    assert verdict(compare(before, after, restocked[0].gap_boxes[:1], reader)) == "fixed"


def test_a_gap_that_is_still_empty_is_not_fixed(reader: ShelfReader, before: Photo, left_empty: Photo) -> None:
    assert verdict(compare(before, left_empty, [], reader), "gap_still_there") == "not_fixed"


def test_another_shelf_is_a_different_place(reader: ShelfReader, before: Photo, other_shelf: Photo) -> None:
    assert verdict(compare(before, other_shelf, [], reader), "other_place") == "different_place"


def test_the_same_file_again_is_not_fixed(reader: ShelfReader, before: Photo) -> None:
    assert verdict(compare(before, before, [], reader), "same_photo") == "not_fixed"


def test_the_same_photo_compressed_again_is_not_fixed(reader: ShelfReader, before: Photo) -> None:
    again = open_photo(encoded(Image.fromarray(before.pixels), quality=60))
    assert verdict(compare(before, again, [], reader), "same_photo") == "not_fixed"


def test_products_painted_into_the_before_photo_are_not_believed(
    reader: ShelfReader, before: Photo, restocked: tuple[RenderedShelf, RenderedShelf]
) -> None:
    box = restocked[0].gap_boxes[0]
    pixels = before.pixels.copy()
    wide = box[2] - box[0]
    pixels[box[1] : box[3], box[0] : box[2]] = pixels[box[1] : box[3], box[0] - wide : box[0]]
    painted = open_photo(encoded(Image.fromarray(pixels), quality=85))
    assert verdict(compare(before, painted, [box], reader), "same_shot_changed") == "unsure"


def test_a_place_out_of_view_is_unsure(
    reader: ShelfReader, before: Photo, after: Photo, restocked: tuple[RenderedShelf, RenderedShelf]
) -> None:
    box = min(restocked[0].gap_boxes, key=lambda gap: gap[1])
    lower_part = open_photo(encoded(Image.fromarray(after.pixels[box[3] :])))
    assert verdict(compare(before, lower_part, [box], reader), "gap_out_of_view") == "unsure"


def test_a_blurred_after_photo_is_unsure(reader: ShelfReader, before: Photo, after: Photo) -> None:
    blurred = open_photo(encoded(Image.fromarray(after.pixels).filter(ImageFilter.GaussianBlur(8))))
    assert verdict(compare(before, blurred, [], reader), "after_blurred") == "unsure"


def test_a_black_after_photo_is_told_all_that_is_wrong_with_it(reader: ShelfReader, before: Photo) -> None:
    black = open_photo(encoded(Image.new("RGB", (before.width, before.height))))
    assert verdict(compare(before, black, [], reader), "after_dark", "after_blurred") == "unsure"


@pytest.mark.parametrize("boxes", [[], [(100, 100, 200, 200)]])
def test_a_black_before_photo_is_told_to_be_unusable_and_not_to_show_no_gap(
    reader: ShelfReader, before: Photo, after: Photo, boxes: list[Box]
) -> None:
    black = open_photo(encoded(Image.new("RGB", (before.width, before.height))))
    assert verdict(compare(black, after, boxes, reader), "before_dark", "before_blurred") == "unsure"


def test_a_photo_upside_down_is_unsure_for_a_gap_on_it_is_easily_overlooked(
    reader: ShelfReader, before: Photo, after: Photo, restocked: tuple[RenderedShelf, RenderedShelf]
) -> None:
    boxes = restocked[0].gap_boxes
    assert verdict(compare(before, turned(after, 2), boxes, reader), "after_upside_down") == "unsure"
    assert verdict(compare(turned(before, 2), after, boxes, reader), "before_upside_down") == "unsure"


def test_what_is_wrong_with_either_photo_is_told(reader: ShelfReader) -> None:
    black, white = (open_photo(encoded(Image.new("RGB", (800, 600), colour))) for colour in ("black", "white"))
    told = ("before_dark", "before_blurred", "after_glare", "after_blurred")
    assert verdict(compare(black, white, [(100, 100, 200, 200)], reader), *told) == "unsure"


def test_something_held_before_the_gap_is_not_fixed(
    reader: ShelfReader, before: Photo, left_empty: Photo, restocked: tuple[RenderedShelf, RenderedShelf]
) -> None:
    """A box of cardboard hides the gap and what surrounds it."""
    box = restocked[0].gap_boxes[0]
    pixels = left_empty.pixels.copy()
    reach = 2 * max(box[2] - box[0], box[3] - box[1])
    hidden = pixels[max(0, box[1] - reach) : box[3] + reach, max(0, box[0] - reach) : box[2] + reach]
    hidden[:] = np.random.default_rng(0).integers(120, 160, hidden.shape, dtype=np.uint8)
    comparison = compare(before, open_photo(encoded(Image.fromarray(pixels))), [box], reader)
    assert verdict(comparison) == "unsure"


def test_a_full_shelf_has_nothing_to_compare(reader: ShelfReader, before: Photo, after: Photo) -> None:
    assert verdict(compare(after, before, [], reader), "no_gap_before") == "unsure"


def test_a_box_where_no_gap_was_is_unsure(reader: ShelfReader, before: Photo, after: Photo) -> None:
    assert verdict(compare(before, after, [(60, 190, 160, 260)], reader)) == "unsure"


def test_the_overlay_shows_both_photos(reader: ShelfReader, before: Photo, after: Photo) -> None:
    overlay = compare(before, after, [], reader).overlay
    assert overlay is not None
    width, height = Image.open(io.BytesIO(overlay)).size
    assert max(width, height) <= 1600
    assert width > 2 * height


@pytest.mark.parametrize(
    ("change", "still", "seen_before", "near"),
    [
        (FILLED, 1.2, 2.0, 50),  # still found
        (FILLED, 0.6, 2.0, 50),  # perhaps still found
        (FILLED, 0.0, 0.2, 50),  # never seen by the detector
        (FILLED, 0.0, 2.0, 3),  # surroundings hidden
        (Change(False, True, False, False), 0.0, 2.0, 50),  # unchanged
        (Change(True, False, False, False), 0.0, 2.0, 50),  # bare
        (Change(True, True, True, False), 0.0, 2.0, 50),  # a retouched copy
    ],
)
def test_one_doubt_is_enough_not_to_be_fixed(change: Change, still: float, seen_before: float, near: int) -> None:
    assert decide(change, still, seen_before, near)[0] != "fixed"
    assert decide(FILLED, 0.0, 2.0, 50)[0] == "fixed"


@given(
    st.builds(Change, st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    st.floats(0, 4), st.floats(0, 4), st.integers(0, 500),
)  # fmt: skip
def test_fixed_always_rests_on_every_check(change: Change, still: float, seen_before: float, near: int) -> None:
    answer, reason, score = decide(change, still, seen_before, near)
    assert reason in REASONS
    assert 0 <= score <= 1
    if answer == "fixed":
        assert change.changed
        assert change.like_products
        assert not change.same_shot
        assert still < 0.5 <= seen_before
        assert near >= 8
