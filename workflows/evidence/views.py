"""What people see of a photo's evidence."""

import datetime as dt
import uuid
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from core import paging
from core.errors import not_found
from core.scope import ScopedSession
from workflows.evidence.model import Doubt, PhotoEvidence
from workflows.issues.views import stores_below
from workflows.links import Linker
from workflows.stores import StoreRef, stores_of
from workflows.visits.model import Photo


class EvidenceView(msgspec.Struct, frozen=True):
    """Score 0 (nothing speaks against it) to 1, null until weighed; `like_photo_id` only where it may be seen."""

    photo_id: uuid.UUID
    score: float | None
    doubtful: bool
    doubts: tuple[Doubt, ...]
    source: str | None
    position: str | None
    distance_m: float | None
    nonce: str | None
    file_time: str | None
    camera: str | None
    like_photo_id: uuid.UUID | None


class DoubtfulPhoto(msgspec.Struct, frozen=True):
    """A photo in headquarters' list."""

    id: uuid.UUID
    store: StoreRef
    visit_id: uuid.UUID | None
    task_id: uuid.UUID | None
    captured_at: dt.datetime | None
    stored_at: dt.datetime
    thumb_url: str | None
    score: float
    doubts: tuple[Doubt, ...]


def evidence_of(session: ScopedSession, photo_id: uuid.UUID) -> EvidenceView:
    """Return the evidence of a photo.

    Raises:
        NotFound: no such photo in the caller's part of the organisation.

    """
    if session.scalar(sa.select(Photo.id).where(Photo.id == photo_id)) is None:
        raise not_found("photo", photo_id)
    found = evidence_by_photo(session, [photo_id])
    return found.get(photo_id) or EvidenceView(photo_id, None, False, (), None, None, None, None, None, None, None)


def evidence_by_photo(session: ScopedSession, photo_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, EvidenceView]:
    """Return the evidence of those photos that have some."""
    wanted = list(photo_ids)
    rows = session.execute(
        sa.select(PhotoEvidence, Photo.source).join(Photo, Photo.id == PhotoEvidence.id).where(Photo.id.in_(wanted))
    ).all()
    like = {row.like_photo_id for row, _ in rows if row.like_photo_id}
    visible = set(session.scalars(sa.select(Photo.id).where(Photo.id.in_(like)))) if like else set()
    return {row.id: _view(row, source, visible) for row, source in rows}


def _view(row: PhotoEvidence, source: str | None, visible: set[uuid.UUID]) -> EvidenceView:
    return EvidenceView(
        photo_id=row.id, score=row.score, doubtful=row.doubtful, doubts=row.doubts, source=source,
        position=row.position, distance_m=row.facts.get("distance_m"), nonce=row.facts.get("nonce"),
        file_time=row.facts.get("taken_at"), camera=row.facts.get("camera"),
        like_photo_id=row.like_photo_id if row.like_photo_id in visible else None,
    )  # fmt: skip


def list_doubtful(
    session: ScopedSession, link: Linker, request: paging.PageRequest, *, node_id: uuid.UUID | None = None
) -> paging.Page[DoubtfulPhoto]:
    """Return one page of photos with doubts, the latest weighed first."""
    query = sa.select(PhotoEvidence).where(PhotoEvidence.doubtful)
    if node_id is not None:
        query = query.where(PhotoEvidence.store_id.in_(stores_below(session, node_id)))
    page = paging.fetch(session, query, [(PhotoEvidence.weighed_at, "desc"), (PhotoEvidence.id, "desc")], request)
    rows = list(page.items)
    photos = {p.id: p for p in session.scalars(sa.select(Photo).where(Photo.id.in_([row.id for row in rows])))}
    stores = stores_of(session, (row.store_id for row in rows))
    items = []
    for row in rows:
        photo = photos[row.id]
        items.append(
            DoubtfulPhoto(
                id=row.id, store=stores[row.store_id], visit_id=photo.visit_id, task_id=photo.task_id,
                captured_at=photo.captured_at, stored_at=photo.stored_at,
                thumb_url=link(photo.thumb_sha256) if photo.thumb_sha256 else None,
                score=row.score or 0.0, doubts=row.doubts,
            )
        )  # fmt: skip
    return paging.Page(items=tuple(items), next=page.next)
