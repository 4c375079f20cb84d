"""Rendered shelves and the shipped detectors, made once for all tests here."""

import pytest

from vision.photo import Photo, open_photo
from vision.render import RenderedShelf, render_pair, render_shelf
from vision.shelf import ShelfReader


@pytest.fixture(scope="session")
def reader() -> ShelfReader:
    return ShelfReader.load()


@pytest.fixture(scope="session")
def restocked() -> tuple[RenderedShelf, RenderedShelf]:
    """One shelf with gaps, and filled again, from another angle."""
    return render_pair(3)


@pytest.fixture(scope="session")
def before(restocked: tuple[RenderedShelf, RenderedShelf]) -> Photo:
    return open_photo(restocked[0].jpeg)


@pytest.fixture(scope="session")
def after(restocked: tuple[RenderedShelf, RenderedShelf]) -> Photo:
    return open_photo(restocked[1].jpeg)


@pytest.fixture(scope="session")
def left_empty() -> Photo:
    """The same shelf from another angle, with its gaps."""
    return open_photo(render_pair(3, filled=False)[1].jpeg)


@pytest.fixture(scope="session")
def other_shelf() -> Photo:
    return open_photo(render_shelf(8).jpeg)
