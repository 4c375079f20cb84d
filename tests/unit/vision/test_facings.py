"""How many facings are missing, by the rhythm of the neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.facings import missing_facings, rhythm

HEIGHT = 80


def row_of(width: int, facings: int, empty: range) -> np.ndarray:
    """A row of equal boxes with dark edges; those of `empty` are not there."""
    pixels = np.full((HEIGHT, width * facings, 3), 200, np.uint8)
    for index in range(facings):
        pixels[:, index * width : index * width + 4] = 30
        pixels[10:30, index * width + 8 : index * width + width - 8] = (180, 60, 60)
    pixels[:, empty.start * width + 4 : empty.stop * width] = 40
    return pixels


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_the_neighbours_tell_how_many_are_missing(missing: int) -> None:
    pixels = row_of(50, 14, range(6, 6 + missing))
    gap = (6 * 50 + 4, 0, (6 + missing) * 50, HEIGHT)
    assert missing_facings(pixels, gap, (0, 0, 700, HEIGHT), []) == missing


def test_without_neighbours_nothing_is_told() -> None:
    pixels = row_of(50, 4, range(4))
    assert missing_facings(pixels, (0, 0, 200, HEIGHT), (0, 0, 200, HEIGHT), []) is None


def test_a_neighbour_that_is_a_gap_itself_is_not_looked_at() -> None:
    pixels = row_of(50, 14, range(6, 7))
    gap, row = (304, 0, 350, HEIGHT), (0, 0, 700, HEIGHT)
    assert missing_facings(pixels, gap, row, [(0, 0, 300, HEIGHT), (350, 0, 700, HEIGHT)]) is None


@given(st.integers(0, 2**32 - 1))
def test_noise_has_no_rhythm(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 1, 240)
    told = rhythm(noise, HEIGHT)
    assert told is None or told[1] < 0.5
