"""A chain, a live server over it, and phones of its people. The server serves all tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.parts import Parts
from core.storage import FolderStore
from tests.integration.uploads.world import (
    Chain,
    CountingStore,
    Phone,
    Server,
    make_chain,
    make_parts,
    make_tables,
    token_of,
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def store(data_dir: Path) -> CountingStore:
    return CountingStore(FolderStore(data_dir / "blobs"))


@pytest.fixture(scope="module")
def parts(data_dir: Path, store: CountingStore) -> Iterator[Parts]:
    parts = make_parts(data_dir, f"sqlite:///{data_dir / 'test.sqlite3'}", store)
    make_tables(parts)
    yield parts
    parts.database.close()


@pytest.fixture(scope="module")
def server(parts: Parts) -> Iterator[Server]:
    with Server(parts) as server:
        yield server


@pytest.fixture
def chain(parts: Parts) -> Chain:
    return make_chain(parts)


@pytest.fixture
def token(parts: Parts, chain: Chain) -> str:
    return token_of(parts, chain.company_id, chain.supervisor_id)


@pytest.fixture
def phone(server: Server, token: str) -> Iterator[Phone]:
    with Phone(server.endpoint, token) as phone:
        yield phone
