"""Rendered shelves: the same for one seed, and what is said about them is so."""

import io

import pytest
from PIL import Image

from vision.render import RenderedShelf, render_pair, render_shelf
from vision.render.plan import make_plan


def test_one_seed_gives_one_photo() -> None:
    assert render_shelf(5, rows=3, gaps=1, size=(400, 300)) == render_shelf(5, rows=3, gaps=1, size=(400, 300))


def test_another_seed_gives_another() -> None:
    assert render_shelf(5, rows=3, size=(400, 300)).jpeg != render_shelf(6, rows=3, size=(400, 300)).jpeg


def test_the_photo_has_the_size_asked_for() -> None:
    shelf = render_shelf(5, rows=3, size=(480, 640))
    assert Image.open(io.BytesIO(shelf.jpeg)).size == (shelf.width, shelf.height) == (480, 640)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_boxes_lie_in_the_photo_and_gaps_in_rows(seed: int) -> None:
    shelf = render_shelf(seed, rows=4, gaps=3)
    assert len(shelf.gap_boxes) == 3
    assert len(shelf.row_boxes) == 4
    for x0, y0, x1, y1 in (*shelf.gap_boxes, *shelf.row_boxes):
        assert 0 <= x0 < x1 <= shelf.width
        assert 0 <= y0 < y1 <= shelf.height
    for gap in shelf.gap_boxes:
        middle = (gap[1] + gap[3]) / 2
        assert any(row[1] < middle < row[3] for row in shelf.row_boxes)


def test_a_restocked_shelf_has_no_gap_and_one_left_alone_has_all(
    restocked: tuple[RenderedShelf, RenderedShelf],
) -> None:
    assert restocked[1].gap_boxes == ()
    assert len(render_pair(3, rows=3, filled=False, size=(400, 300))[1].gap_boxes) == 3


def test_no_two_places_of_a_row_overlap() -> None:
    for row in make_plan(4, rows=5, gaps=2).rows:
        for left, right in zip(row.facings, row.facings[1:], strict=False):
            assert left.x + left.width <= right.x


def test_more_gaps_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="no room for 99 gaps"):
        make_plan(4, rows=1, gaps=99)
