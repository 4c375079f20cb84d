"""What every test may ask for."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Tests import each other's helpers as `tests.…`. At the end of the path, so that an installed wheel comes first.
sys.path.append(str(ROOT))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photos and recordings, which are no part of the project."""
    folder = Path(os.environ.get("STOREPATROL_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; set STOREPATROL_SHARED_DATA")
    return folder
