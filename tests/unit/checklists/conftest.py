import pytest

from checklists.checkpoint import Library
from checklists.library import load


@pytest.fixture(scope="session")
def library() -> Library:
    return load()
