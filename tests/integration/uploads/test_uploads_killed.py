"""The server is killed at the worst moments, as the power company does it."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from core.caller import installation
from core.parts import Parts
from tests.integration.uploads.world import Chain, Phone, make_photo, metadata_of, recorded, traces
from workflows.uploads.model import Upload

PHOTO = make_photo(300_000)


class KilledServer:
    """A server process of its own, which dies where it is told to."""

    def __init__(self, parts: Parts, dies: str) -> None:
        script = Path(__file__).with_name("serve_and_die.py")
        root = Path(__file__).parents[3]
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(parts.settings.data_dir), parts.settings.database_url, dies],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        assert self.process.stdout is not None
        self.endpoint = f"http://127.0.0.1:{int(self.process.stdout.readline())}/api/v1/uploads"

    def __enter__(self) -> "KilledServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def send_to(doomed: KilledServer, phone: Phone, url: str, body: Any) -> None:
    """Send the body of an upload to the server that will not survive it."""
    there = httpx.URL(url).copy_with(port=httpx.URL(doomed.endpoint).port)
    with pytest.raises(httpx.TransportError):
        phone.send(str(there), 0, body)
    assert doomed.process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize("dies", ["before put", "after put", "before commit"])
def test_killed_on_the_way_to_the_record_the_last_byte_finishes_it(
    phone: Phone, token: str, parts: Parts, chain: Chain, dies: str
) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)
    with KilledServer(parts, dies) as doomed, Phone(doomed.endpoint, token) as other:
        send_to(doomed, other, url, PHOTO)

    assert recorded(parts, metadata) == []
    assert phone.offset(url) == len(PHOTO) - 1
    assert phone.resume(url, PHOTO).headers["x-storepatrol-sha256"] == metadata["sha256"]
    assert recorded(parts, metadata) == [metadata["sha256"]]
    assert traces(parts, metadata) == (1, 1)


def test_killed_after_the_record_the_client_hears_that_it_is_complete(
    phone: Phone, token: str, parts: Parts, chain: Chain
) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)
    with KilledServer(parts, "after commit") as doomed, Phone(doomed.endpoint, token) as other:
        send_to(doomed, other, url, PHOTO)

    assert phone.offset(url) == len(PHOTO)
    assert traces(parts, metadata) == (1, 1)


def test_killed_in_a_long_request_at_most_one_checkpoint_is_sent_again(
    phone: Phone, token: str, parts: Parts, chain: Chain
) -> None:
    long = make_photo(12 * 1024 * 1024, "long")
    metadata = metadata_of(chain, long)
    url = phone.begin(len(long), metadata)
    upload_id = uuid.UUID(url.rsplit("/", 1)[1])
    with KilledServer(parts, "never") as doomed, Phone(doomed.endpoint, token) as other:

        def until_killed() -> Iterator[bytes]:
            for i in range(0, 10 * 1024 * 1024, 65_536):
                yield long[i : i + 65_536]
            for _ in range(500):
                if on_the_record() < 8 * 1024 * 1024:
                    time.sleep(0.02)
            doomed.process.kill()
            yield long[10 * 1024 * 1024 :]

        def on_the_record() -> int:
            with parts.database.snapshot(installation()) as session:
                return session.scalars(sa.select(Upload.received).where(Upload.id == upload_id)).one()

        send_to(doomed, other, url, until_killed())

    assert phone.offset(url) >= 8 * 1024 * 1024
    assert phone.resume(url, long).status_code == 204
    assert recorded(parts, metadata) == [metadata["sha256"]]
