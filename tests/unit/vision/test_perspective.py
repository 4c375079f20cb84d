"""A shelf seen from the side is read as from the front."""

import numpy as np
import pytest

from vision.perspective import frontal_view, leaning, vanishing_point, view_from
from vision.photo import Pixels, open_photo
from vision.render import photograph
from vision.render.camera import View
from vision.render.plan import make_plan

SIZE = (800, 600)


def shelf(yaw: float) -> Pixels:
    return open_photo(photograph(make_plan(7, 5, 2), View(yaw=yaw), size=SIZE).jpeg).pixels


def towards(point: tuple[float, float], count: int = 40) -> np.ndarray:
    """Segments that all point at one place, in a picture of `SIZE`."""
    rng = np.random.default_rng(1)
    start = rng.uniform((0, 0), SIZE, (count, 2))
    way = np.array(point) - start
    return np.hstack([start, start + 120 * way / np.linalg.norm(way, axis=1, keepdims=True)])


def test_a_shelf_seen_from_the_front_needs_no_other_view() -> None:
    assert frontal_view(shelf(0)) is None


@pytest.mark.parametrize("yaw", [-35, -20, 20, 35])
def test_what_leans_lies_level_afterwards(yaw: float) -> None:
    pixels = shelf(yaw)
    view = frontal_view(pixels)
    assert view is not None
    assert frontal_view(view.look(pixels)) is None, "seen from the front, nothing is left to do"


def test_boxes_find_their_way_back() -> None:
    view = frontal_view(shelf(30))
    assert view is not None
    corners = view.back(np.array([[100, 100, 200, 180]], dtype=np.float32))[0]
    there = np.c_[corners, np.ones(4)] @ view.matrix.T
    assert (there[:, :2] / there[:, 2:]).tolist() == [
        pytest.approx(corner, abs=0.05) for corner in ([100, 100], [200, 100], [200, 180], [100, 180])
    ]


def test_the_point_where_lines_meet_is_found_among_others() -> None:
    rng = np.random.default_rng(2)
    noise = rng.uniform(0, 600, (15, 2))
    stray = np.hstack([noise, noise + rng.uniform(-60, 60, (15, 2))])
    point = vanishing_point(np.vstack([towards((2400, 250)), stray]), SIZE)
    assert point is not None
    assert (point[:2] / point[2] + np.array(SIZE) / 2).tolist() == [
        pytest.approx(2400, rel=0.03),
        pytest.approx(250, rel=0.1),
    ]


def test_a_photo_without_lines_has_no_view() -> None:
    assert frontal_view(np.full((400, 600, 3), 90, np.uint8)) is None
    assert vanishing_point(towards((2400, 250), 5), SIZE) is None


def test_lines_that_meet_within_the_shelf_are_not_turned() -> None:
    assert view_from(np.array([150.0, 0, 1]), SIZE) is None


def test_level_lines_do_not_lean() -> None:
    assert leaning(np.array([1.0, 0, 0]), SIZE) == 0
