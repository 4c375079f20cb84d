"""An application over an empty SQLite database, made once: these tests write nothing."""

import datetime as dt
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from core import settings
from core.clock import ShiftedClock
from core.db import Database, make_engine
from core.parts import Parts
from core.storage import FolderStore


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    folder = tmp_path_factory.mktemp("api")
    chosen = settings.load({"STOREPATROL_DATA_DIR": str(folder), "STOREPATROL_SECRET_KEY": "k" * 40})
    clock = ShiftedClock(dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC))
    database = Database(make_engine(chosen.database_url))
    yield Parts(settings=chosen, clock=clock, database=database, blobs=FolderStore(folder / "blobs"))
    database.close()


@pytest.fixture(scope="session")
def app(parts: Parts) -> Litestar:
    return create_app(parts, client=parts.settings.data_dir / "no client")


@pytest.fixture
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
