"""Where a candidate model sees otherwise than the current one, on live photos."""

import datetime as dt
import uuid

import msgspec
import sqlalchemy as sa

from core import paging
from core.scope import ScopedSession
from vision.geometry import Box
from workflows.links import Linker
from workflows.review.model import ShadowLook
from workflows.stores import StoreRef, stores_of
from workflows.visits.model import Photo


class ShadowFigures(msgspec.Struct, frozen=True):
    """One candidate: photos looked at, photos where it differs, gaps of both and of one alone, mean rate difference.

    `rate_moved` is the mean absolute difference of the rate where both gave one; `ms` the candidate's mean time.
    """

    candidate: str
    current: str
    photos: int
    differing: int
    both: int
    only_current: int
    only_candidate: int
    rate_moved: float | None
    ms: float
    first_at: dt.datetime
    last_at: dt.datetime


class ShadowReport(msgspec.Struct, frozen=True):
    """Every pair of models that looked at the same photos, the latest first."""

    items: tuple[ShadowFigures, ...]


class ShadowView(msgspec.Struct, frozen=True):
    """One photo on which they differ, with the boxes that only one of them sees."""

    id: uuid.UUID
    photo_id: uuid.UUID
    store: StoreRef
    current: str
    candidate: str
    looked_at: dt.datetime
    width: int
    height: int
    both: int
    only_current: tuple[Box, ...]
    only_candidate: tuple[Box, ...]
    current_rate: float | None
    candidate_rate: float | None
    image_url: str


def shadow_report(session: ScopedSession) -> ShadowReport:
    """Return the figures of every candidate that has looked at anything."""
    moved = sa.func.avg(sa.func.abs(ShadowLook.candidate_rate - ShadowLook.current_rate))
    lines = session.execute(
        sa.select(
            ShadowLook.candidate,
            ShadowLook.current,
            sa.func.count(),
            sa.func.sum(sa.case((ShadowLook.differs, 1), else_=0)),
            sa.func.sum(ShadowLook.both),
            sa.func.sum(ShadowLook.current_count),
            sa.func.sum(ShadowLook.candidate_count),
            moved,
            sa.func.avg(ShadowLook.ms),
            sa.func.min(ShadowLook.looked_at),
            sa.func.max(ShadowLook.looked_at),
        )
        .group_by(ShadowLook.candidate, ShadowLook.current)
        .order_by(sa.func.max(ShadowLook.looked_at).desc())
    )
    return ShadowReport(
        tuple(
            ShadowFigures(
                line[0], line[1], line[2], int(line[3]), int(line[4]), int(line[5]), int(line[6]),
                None if line[7] is None else round(float(line[7]), 4), round(float(line[8]), 1), line[9], line[10],
            )
            for line in lines
        )
    )  # fmt: skip


def differing(
    session: ScopedSession, link: Linker, request: paging.PageRequest, candidate: str | None = None
) -> paging.Page[ShadowView]:
    """Return one page of the photos on which they differ, the latest first."""
    query = sa.select(ShadowLook).where(ShadowLook.differs)
    if candidate is not None:
        query = query.where(ShadowLook.candidate == candidate)
    page = paging.fetch(session, query, [(ShadowLook.looked_at, "desc"), (ShadowLook.id, "desc")], request)
    stores = stores_of(session, (look.store_id for look in page.items))
    wanted = sa.select(Photo).where(Photo.id.in_([look.photo_id for look in page.items]))
    photos = {photo.id: photo for photo in session.scalars(wanted)}
    return page.map(lambda look: _view(look, stores[look.store_id], photos[look.photo_id], link))


def _view(look: ShadowLook, store: StoreRef, photo: Photo, link: Linker) -> ShadowView:
    reading = photo.reading or {}
    return ShadowView(
        id=look.id, photo_id=photo.id, store=store, current=look.current, candidate=look.candidate,
        looked_at=look.looked_at, width=reading.get("width", 0), height=reading.get("height", 0), both=look.both,
        only_current=look.only_current, only_candidate=look.only_candidate, current_rate=look.current_rate,
        candidate_rate=look.candidate_rate, image_url=link(photo.display_sha256 or photo.sha256),
    )  # fmt: skip
