"""Price lists and what was read on a photo, as they are shown."""

import datetime as dt
import uuid
from typing import Literal

import msgspec
import sqlalchemy as sa

from core import paging
from core.errors import not_found
from core.jobs import Job, JobState
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from workflows.pipeline import READ_TAGS
from workflows.prices import service
from workflows.prices.model import PriceLine, PriceList, PriceListVersion, TagLook
from workflows.prices.policy import DateResult, TagResult
from workflows.prices.table import Line
from workflows.visits.model import Photo


class NodeRef(msgspec.Struct, frozen=True):
    """The node a list holds at."""

    id: uuid.UUID
    name: Text
    code: str


class VersionView(msgspec.Struct, frozen=True):
    """One imported file."""

    id: uuid.UUID
    number: int
    file_name: str
    line_count: int
    imported_at: dt.datetime
    imported_by: str


class ListView(msgspec.Struct, frozen=True):
    """A price list; `latest` None until a file was imported."""

    id: uuid.UUID
    name: str
    node: NodeRef
    latest: VersionView | None


class LineView(msgspec.Struct, frozen=True):
    """One article of a version."""

    id: uuid.UUID
    line: Line


class TagsView(msgspec.Struct, frozen=True):
    """What was read on a photo; `none`: nobody asked for it to be read. Boxes in pixels of the upright photo."""

    state: Literal["none", "waiting", "read", "failed"]
    width: int | None = None
    height: int | None = None
    day: dt.date | None = None
    tags: tuple[TagResult, ...] = ()
    dates: tuple[DateResult, ...] = ()
    missing: tuple[tuple[int, int, int, int], ...] = ()
    cut_short: bool = False
    model: str | None = None
    ms: int | None = None


def lists(session: ScopedSession, page: paging.PageRequest) -> paging.Page[ListView]:
    """Return the company's lists, the oldest first."""
    query = sa.select(PriceList).where(service.visible(session))
    return paging.fetch(session, query, [(PriceList.id, "asc")], page).map(lambda list_: list_view(session, list_))


def list_view(session: ScopedSession, list_: PriceList) -> ListView:
    """Return a list as it is shown."""
    newest = service.latest(session, list_)
    return ListView(list_.id, list_.name, _node_ref(session, list_.node_id), version_view(newest) if newest else None)


def version_view(version: PriceListVersion) -> VersionView:
    """Return a version as it is shown."""
    return VersionView(
        version.id, version.number, version.file_name, version.line_count, version.imported_at, version.imported_by
    )


def versions(session: ScopedSession, list_id: uuid.UUID, page: paging.PageRequest) -> paging.Page[VersionView]:
    """Return the versions of a list, the latest first."""
    service.get(session, list_id)
    query = sa.select(PriceListVersion).where(PriceListVersion.list_id == list_id)
    return paging.fetch(session, query, [(PriceListVersion.number, "desc")], page).map(version_view)


def lines(
    session: ScopedSession, list_id: uuid.UUID, number: int | None, words: str, page: paging.PageRequest
) -> paging.Page[LineView]:
    """Return the lines of a version (the latest unless told otherwise) that hold all of `words`."""
    version_id = _version_id(session, list_id, number)
    query = sa.select(PriceLine).where(PriceLine.version_id == version_id)
    for word in words.casefold().split()[:8]:
        query = query.where(PriceLine.searched.contains(word, autoescape=True))
    return paging.fetch(session, query, [(PriceLine.position, "asc")], page).map(
        lambda row: LineView(row.id, service.line_of(row))
    )


def all_lines(session: ScopedSession, list_id: uuid.UUID, number: int | None) -> tuple[Line, ...]:
    """Return every line of a version, in the order of its file."""
    version_id = _version_id(session, list_id, number)
    rows = session.scalars(sa.select(PriceLine).where(PriceLine.version_id == version_id).order_by(PriceLine.position))
    return tuple(service.line_of(row) for row in rows)


def tags_of(session: ScopedSession, photo_id: uuid.UUID) -> TagsView:
    """Return what was read on a photo, and whether it is still to come."""
    photo = session.scalar(sa.select(Photo).where(Photo.id == photo_id))
    if photo is None:
        raise not_found("photo", photo_id)
    look = session.scalar(sa.select(TagLook).where(TagLook.id == photo_id))
    if look is None:
        return TagsView(_state(session, photo_id))
    size = photo.reading or {}
    return TagsView(
        "read", size.get("width"), size.get("height"), look.day, msgspec.convert(look.tags, tuple[TagResult, ...]),
        msgspec.convert(look.dates, tuple[DateResult, ...]),
        msgspec.convert(look.missing, tuple[tuple[int, int, int, int], ...]), look.cut_short, look.model, look.ms,
    )  # fmt: skip


def _state(session: ScopedSession, photo_id: uuid.UUID) -> Literal["none", "waiting", "failed"]:
    wanted = (Job.subject_id == photo_id, Job.kind == READ_TAGS.kind)
    states = set(session.scalars(sa.select(Job.state).where(*wanted)))
    if states & {JobState.READY, JobState.RUNNING}:
        return "waiting"
    return "failed" if JobState.DEAD in states else "none"


def _version_id(session: ScopedSession, list_id: uuid.UUID, number: int | None) -> uuid.UUID | None:
    list_ = service.get(session, list_id)
    wanted = list_.latest_number if number is None else number
    found = (PriceListVersion.list_id == list_id, PriceListVersion.number == wanted)
    return session.scalar(sa.select(PriceListVersion.id).where(*found))


def _node_ref(session: ScopedSession, node_id: uuid.UUID) -> NodeRef:
    """A list may hold at a node above the caller's part of the tree: its name is no secret to those it holds for."""
    nodes = OrgNode.__table__
    row = session.execute(sa.select(nodes.c.name, nodes.c.code).where(nodes.c.id == node_id)).one()
    return NodeRef(node_id, row.name, row.code)
