"""Checklists of a company: make, publish, look up. Nothing here commits; the caller's transaction does."""

import datetime as dt
import uuid
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from checklists.built_in import BUILT_IN, content_of
from checklists.checkpoint import Library
from checklists.model import Checklist, ChecklistVersion
from checklists.template import ChecklistContent, content_hash
from core import events, paging
from core.errors import ContentDiffers, Invalid, not_found, stale
from core.scope import ScopedSession
from core.text import Text


class ChecklistSummary(msgspec.Struct, frozen=True):
    """A checklist as lists show it; `latest_number` is 0 while nothing is published."""

    id: uuid.UUID
    title: Text
    latest_version_id: uuid.UUID | None
    latest_number: int
    created_at: dt.datetime


class Version(msgspec.Struct, frozen=True):
    """A published version with everything it asks."""

    id: uuid.UUID
    checklist_id: uuid.UUID
    number: int
    content: ChecklistContent
    content_hash: str
    published_at: dt.datetime
    published_by: uuid.UUID | None


def create(session: ScopedSession, now: dt.datetime, checklist_id: uuid.UUID, title: Text) -> ChecklistSummary:
    """Make a checklist without a version. The same id and title again returns the one that is there.

    Once a version is published the title is the version's, and the same id alone returns the checklist.

    Raises:
        ContentDiffers: `checklist.content_differs`, the id is taken, with another title or by another company.
        Invalid: `checklist.no_title`.

    """
    if not (title.zh.strip() and title.en.strip()):
        raise Invalid("checklist.no_title", Text("检查表需要中英文标题", "A checklist needs a title in both languages"))
    taken = _taken(session, Checklist.__table__, checklist_id)
    if taken is not None:
        row = _find(session, checklist_id) if taken == _company(session) else None
        if row is None or (row.latest_number == 0 and row.title != title):
            raise _differs("checklist")
        return _summary(row)
    row = Checklist(
        id=checklist_id,
        company_id=_company(session),
        title=title,
        created_at=now,
        latest_version_id=None,
        latest_number=0,
    )
    session.add(row)
    session.flush()
    events.record(session, now, "ChecklistCreated", ("checklist", checklist_id), data={"title": title.zh})
    return _summary(row)


def publish(
    session: ScopedSession,
    now: dt.datetime,
    checklist_id: uuid.UUID,
    version_id: uuid.UUID,
    content: ChecklistContent,
    *,
    based_on: int,
) -> Version:
    """Publish `content` as the next version; the checklist takes its title.

    The same id and content again returns the version that is there, whatever has been published since.

    Args:
        session: the caller's session, in a transaction.
        now: the time of publication.
        checklist_id: the checklist.
        version_id: the new version's id, made by the client.
        content: what `checklists.template.build` returned.
        based_on: number of the version this one was edited from, 0 for the first.

    Raises:
        NotFound: `checklist.not_found`.
        StaleVersion: `checklist.stale`, somebody published in between.
        ContentDiffers: `checklist_version.content_differs`, the id is taken by something else.

    """
    # The lock makes two who publish at once take turns; the second then sees the first's number.
    query = sa.select(Checklist).where(Checklist.id == checklist_id).with_for_update()
    checklist = session.scalar(query.execution_options(populate_existing=True))
    if checklist is None:
        raise not_found("checklist", checklist_id)
    digest = content_hash(content)
    taken = _taken(session, ChecklistVersion.__table__, version_id)
    if taken is not None:
        existing = find(session, version_id) if taken == _company(session) else None
        if existing is None or (existing.checklist_id, existing.content_hash) != (checklist_id, digest):
            raise _differs("checklist_version")
        return existing
    if checklist.latest_number != based_on:
        raise stale("checklist", checklist.latest_number)
    return _add_version(session, now, checklist, version_id, content, digest)


def get(session: ScopedSession, version_id: uuid.UUID) -> Version:
    """Return a published version.

    Raises:
        NotFound: `checklist_version.not_found`; another company's is not there either.

    """
    version = find(session, version_id)
    if version is None:
        raise not_found("checklist_version", version_id)
    return version


def find(session: ScopedSession, version_id: uuid.UUID) -> Version | None:
    """Return a published version, None when the company has none of this id."""
    row = session.scalar(sa.select(ChecklistVersion).where(ChecklistVersion.id == version_id))
    return None if row is None else _version(row)


def get_checklist(session: ScopedSession, checklist_id: uuid.UUID) -> ChecklistSummary:
    """Return a checklist.

    Raises:
        NotFound: `checklist.not_found`.

    """
    row = _find(session, checklist_id)
    if row is None:
        raise not_found("checklist", checklist_id)
    return _summary(row)


def list_checklists(session: ScopedSession, request: paging.PageRequest) -> paging.Page[ChecklistSummary]:
    """Return one page of the company's checklists, oldest first."""
    page = paging.fetch(session, sa.select(Checklist), [(Checklist.created_at, "asc"), (Checklist.id, "asc")], request)
    return paging.Page(items=tuple(_summary(row) for row in page.items), next=page.next)


def titles(session: ScopedSession, version_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Text]:
    """Return the titles of these versions, without reading what they ask; those not found are left out."""
    query = sa.select(ChecklistVersion.id, ChecklistVersion.title)
    rows = session.execute(query.where(ChecklistVersion.id.in_(set(version_ids))))
    return {row.id: row.title for row in rows}


def install_built_in(session: ScopedSession, now: dt.datetime, library: Library) -> dict[str, Version]:
    """Give the company the checklists everybody starts with, by key; those it has already are left as they are."""
    company_id = _company(session)
    installed = {}
    for number, template in enumerate(BUILT_IN):
        made_at = now + dt.timedelta(milliseconds=number)  # lists show the oldest first: keep the order of the house
        version_id = uuid.uuid5(company_id, f"checklist/{template.key}/1")
        version = find(session, version_id)
        if version is None:
            checklist_id = uuid.uuid5(company_id, f"checklist/{template.key}")
            create(session, made_at, checklist_id, template.title)
            content = content_of(template, library)
            version = publish(session, made_at, checklist_id, version_id, content, based_on=0)
        installed[template.key] = version
    return installed


def _add_version(
    session: ScopedSession,
    now: dt.datetime,
    checklist: Checklist,
    version_id: uuid.UUID,
    content: ChecklistContent,
    digest: str,
) -> Version:
    row = ChecklistVersion(
        id=version_id,
        company_id=checklist.company_id,
        checklist_id=checklist.id,
        number=checklist.latest_number + 1,
        title=content.title,
        content=content,
        content_hash=digest,
        published_at=now,
        published_by=session.caller.person_id,
    )
    session.add(row)
    before = str(checklist.latest_number)
    checklist.title, checklist.latest_version_id, checklist.latest_number = content.title, version_id, row.number
    session.flush()
    events.record(
        session,
        now,
        "ChecklistPublished",
        ("checklist", checklist.id),
        change=(before, str(row.number)),
        data={"version_id": str(version_id), "content_hash": digest, "items": len(content.items)},
    )
    return _version(row)


def _company(session: ScopedSession) -> uuid.UUID:
    company_id = session.caller.company_id
    if company_id is None:
        raise ValueError("a checklist belongs to a company")
    return company_id


def _find(session: ScopedSession, checklist_id: uuid.UUID) -> Checklist | None:
    return session.scalar(sa.select(Checklist).where(Checklist.id == checklist_id))


def _taken(session: ScopedSession, table: sa.FromClause, id_: uuid.UUID) -> uuid.UUID | None:
    """Return the company that holds the row of this id, None when it is free.

    A plain table is not limited to the caller's company: an id that another one has taken is refused here, not by
    the primary key.
    """
    return session.scalar(sa.select(table.c.company_id).where(table.c.id == id_))


def _differs(what: str) -> ContentDiffers:
    return ContentDiffers(
        f"{what}.content_differs", Text("此编号已用于其他内容", "This id is already used for something else")
    )


def _summary(row: Checklist) -> ChecklistSummary:
    return ChecklistSummary(row.id, row.title, row.latest_version_id, row.latest_number, row.created_at)


def _version(row: ChecklistVersion) -> Version:
    return Version(
        id=row.id,
        checklist_id=row.checklist_id,
        number=row.number,
        content=row.content,
        content_hash=row.content_hash,
        published_at=row.published_at,
        published_by=row.published_by,
    )
