"""A small chain in a database, a live server over it, and a bare tus client that can do wrong on purpose."""

import base64
import hashlib
import secrets
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import msgspec
import sqlalchemy as sa
import uvicorn

from api.app import create_app
from checklists.library import load
from checklists.model import Checklist, ChecklistVersion
from checklists.template import ItemDraft, build
from core import migrate
from core.access.tokens import AccessTokens
from core.caller import installation
from core.clock import Clock, SystemClock
from core.db import Database, make_engine
from core.events import TrailEvent
from core.ids import new_id
from core.jobs import Job
from core.parts import Parts
from core.settings import Settings
from core.storage import BlobStore, FolderStore
from core.text import Text
from tests.builders import build_company
from workflows.visits.model import Photo, Visit, VisitState, VoiceNote

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"


class Chain(msgspec.Struct, frozen=True):
    """One company with a visit by its northern supervisor, whom a manager and a southern colleague may not replace."""

    company_id: uuid.UUID
    supervisor_id: uuid.UUID
    manager_id: uuid.UUID
    elsewhere_id: uuid.UUID
    visit_id: uuid.UUID


class CountingStore:
    """A store that can be away, and can kill the process right after it took a file."""

    def __init__(self, store: BlobStore) -> None:
        self.store = store
        self.puts = 0
        self.away: Exception | None = None

    def put(self, path: Path, sha256: str, size: int, media_type: str) -> None:
        if self.away is not None:
            raise self.away
        self.store.put(path, sha256, size, media_type)
        self.puts += 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def make_photo(size: int, seed: object = 0) -> bytes:
    """Return bytes that begin as a JPEG does and differ everywhere."""
    pattern = b"".join(hashlib.sha256(f"{seed}:{i}".encode()).digest() for i in range(size // 32 + 1))
    return (JPEG + pattern)[:size]


def make_parts(data_dir: Path, url: str, blobs: BlobStore | None = None, clock: Clock | None = None) -> Parts:
    settings = Settings(data_dir=data_dir, database_url=url, secret_key="x" * 32)
    return Parts(
        settings=settings,
        clock=clock or SystemClock(),
        database=Database(make_engine(url)),
        blobs=blobs or FolderStore(data_dir / "blobs"),
    )


def make_tables(parts: Parts) -> None:
    migrate.upgrade(parts.database.engine)


def make_chain(parts: Parts) -> Chain:
    now, visit_id, checklist_id, version_id = parts.clock.now(), new_id(), new_id(), new_id()
    company = build_company(parts.database, parts.clock, secrets.token_hex(4))
    title = Text("日常巡店", "Daily round")
    with parts.database.transaction(company.system()) as session:
        session.add(Checklist(id=checklist_id, company_id=company.id, title=title, created_at=now))
        session.flush()
        content = build(title, (ItemDraft(checkpoint="availability.on_shelf"),), load())
        session.add(
            ChecklistVersion(
                id=version_id,
                company_id=company.id,
                checklist_id=checklist_id,
                number=1,
                title=title,
                content=content,
                content_hash="-",
                published_at=now,
            )
        )
        session.flush()
        session.add(
            Visit(
                id=visit_id,
                company_id=company.id,
                store_id=company.nodes["store_a"],
                checklist_version_id=version_id,
                supervisor_id=company.people["supervisor"],
                state=VisitState.IN_PROGRESS,
                planned_for=now,
                content_hash="-",
            )
        )
    people = company.people
    return Chain(company.id, people["supervisor"], people["north_manager"], people["south_supervisor"], visit_id)


def recorded(parts: Parts, metadata: dict[str, str]) -> list[str]:
    """Return the SHA-256 of every photo and note of this upload's id: none, or one."""
    media_id = uuid.UUID(metadata["id"])
    with parts.database.snapshot(installation()) as session:
        return [
            *session.scalars(sa.select(Photo.sha256).where(Photo.id == media_id)),
            *session.scalars(sa.select(VoiceNote.sha256).where(VoiceNote.id == media_id)),
        ]


def traces(parts: Parts, metadata: dict[str, str]) -> tuple[int, int]:
    """Return how many jobs and how many trail events there are about this photo."""
    photo_id = uuid.UUID(metadata["id"])
    with parts.database.snapshot(installation()) as session:
        jobs = session.scalars(sa.select(Job.id).where(Job.subject_id == photo_id)).all()
        events = session.scalars(sa.select(TrailEvent.id).where(TrailEvent.subject_id == photo_id)).all()
    return len(jobs), len(events)


class Server:
    """A real server on a real socket, in a thread of this process."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        config = uvicorn.Config(
            create_app(parts), lifespan="off", ws="none", http="httptools", log_config=None, timeout_graceful_shutdown=5
        )
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> "Server":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1/uploads"


def token_of(parts: Parts, company_id: uuid.UUID, person_id: uuid.UUID) -> str:
    settings = parts.settings
    tokens = AccessTokens(settings.secret_key, settings.access_token_lives)
    return tokens.issue(person_id, company_id, parts.clock.now())


def metadata_of(chain: Chain, content: bytes, **changes: str | None) -> dict[str, str]:
    values: dict[str, str | None] = {
        "kind": "photo",
        "id": str(new_id()),
        "visit_id": str(chain.visit_id),
        "filename": "货架.jpg",
        "sha256": hashlib.sha256(content).hexdigest(),
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


class Phone:
    """A tus client that does exactly what it is told."""

    def __init__(self, endpoint: str, token: str) -> None:
        self.endpoint = endpoint
        self.http = httpx.Client(
            headers={"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}, timeout=30, trust_env=False
        )

    def __enter__(self) -> "Phone":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def create(self, length: int, metadata: dict[str, str], body: bytes = b"", **headers: str) -> httpx.Response:
        sent = {"Upload-Length": str(length), "Upload-Metadata": encode(metadata)}
        if body:
            sent["Content-Type"] = "application/offset+octet-stream"
        return self.http.post(self.endpoint, headers={**sent, **headers}, content=body)

    def begin(self, length: int, metadata: dict[str, str]) -> str:
        """Create an upload and return its address."""
        response = self.create(length, metadata)
        assert response.status_code == 201, response.text
        return str(httpx.URL(self.endpoint).join(response.headers["location"]))

    def send(self, url: str, offset: int, body: Any, **headers: str) -> httpx.Response:
        sent = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.http.patch(url, headers={**sent, **headers}, content=body)

    def offset(self, url: str) -> int:
        response = self.http.head(url)
        assert response.status_code == 200, response.status_code
        return int(response.headers["upload-offset"])

    def resume(self, url: str, content: bytes) -> httpx.Response:
        """Ask where the upload stands and send the rest, again when an earlier request turns out to be still alive."""
        for _ in range(10):
            offset = self.offset(url)
            response = self.send(url, offset, content[offset:])
            if response.status_code not in (409, 423):
                break
        return response


def encode(metadata: dict[str, str]) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
